"""Several commands of a search with a PostgreSQL database share its trials and its run."""

import sys
import time
from collections import Counter
from pathlib import Path

import optuna
import pytest
from fake_process import FakeProcess
from forked_commands import start_process
from mlflow import MlflowClient

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")  # from SQLAlchemy 2.1
COMMANDS, TRIALS = 3, 7


def search(uri: str, folder: Path, number: int, *overrides: str) -> None:
    """Runs the command of a search with simulated trials, none of which ends before all commands have started."""
    from classifier.command_line.run import run_command
    from classifier.settings import TrainSettings
    from classifier.sweeps import run, sweep

    started = folder / "started"
    (started / str(number)).touch()

    def score(values):
        while len(list(started.iterdir())) < COMMANDS:
            time.sleep(0.05)
        return 0.9 - 0.1 * abs(5 - int(values["encoder.depth"]))

    FakeProcess.uri, FakeProcess.started, FakeProcess.score = uri, [], score
    sweep.TrialProcess, run.write_page = FakeProcess, lambda folder, *_: None
    sys.argv = ["train", *overrides, f"hydra.sweep.dir={folder / str(number)}"]
    run_command("train", TrainSettings, lambda *_: {})


def test_three_commands_share_a_search(postgres, database, tmp_path):
    (tmp_path / "started").mkdir()
    overrides = [
        "-m", "hydra/sweeper=optuna", "encoder.depth=range(0,8)", "sweep.name=shared",
        f"hydra.sweeper.n_trials={TRIALS}",
        f"hydra.sweeper.storage={postgres}", "hydra.sweeper.sampler=grid", "hydra.sweeper.pruner=none",
        f"tracking.uri={database}", "tracking.experiment=shared", "sweep.objective=valid.macro_f1",
    ]  # fmt: skip
    commands = [start_process(search, database, tmp_path, number, *overrides) for number in range(COMMANDS)]
    for command in commands:
        command.join(300)
    assert [command.exitcode for command in commands] == [0] * COMMANDS
    storage = optuna.storages.RDBStorage(postgres)
    trials = optuna.load_study(study_name="shared", storage=storage).trials
    storage.remove_session()
    storage.engine.dispose()
    assert TRIALS <= len(trials) < TRIALS + COMMANDS, "each command may have asked for the last one"
    assert {trial.state for trial in trials} == {optuna.trial.TrialState.COMPLETE}
    owners = Counter(trial.user_attrs["owner"] for trial in trials)
    assert len(owners) > 1
    client = MlflowClient(database)
    runs = client.search_runs([client.get_experiment_by_name("shared").experiment_id])
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert parent.info.status == "FINISHED"
    assert len({trial.params["encoder.depth"] for trial in trials}) <= len(runs) - 1 <= len(trials)
