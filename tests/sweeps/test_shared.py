"""Several commands of a search with a PostgreSQL database share its trials and its run."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import optuna
import pytest
from mlflow import MlflowClient

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")  # from SQLAlchemy 2.1
COMMANDS, TRIALS = 3, 7
COMMAND = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from fake_process import FakeProcess
from classifier.command_line.run import run_command
from classifier.settings import TrainSettings
from classifier.sweeps import run, sweep
FakeProcess.uri, FakeProcess.started = {uri!r}, []
started = Path({started!r})
(started / str(os.getpid())).touch()


def score(values):
    while len(list(started.iterdir())) < {commands}:  # none is done before all are there
        time.sleep(0.05)
    return 0.9 - 0.1 * abs(5 - int(values["encoder.depth"]))


FakeProcess.score = score
sweep.TrialProcess, run.write_page = FakeProcess, lambda folder, *_: None
run_command("train", TrainSettings, None)
"""


def test_three_commands_share_a_search(postgres, database, tmp_path):
    (tmp_path / "started").mkdir()
    program = COMMAND.format(
        tests=str(Path(__file__).parent), uri=database, started=str(tmp_path / "started"), commands=COMMANDS
    )
    overrides = [
        "-m", "hydra/sweeper=optuna", "encoder.depth=range(0,8)", "sweep.name=shared",
        f"hydra.sweeper.n_trials={TRIALS}",
        f"hydra.sweeper.storage={postgres}", "hydra.sweeper.sampler=grid", "hydra.sweeper.pruner=none",
        f"tracking.uri={database}", "tracking.experiment=shared", "sweep.objective=valid.macro_f1",
    ]  # fmt: skip
    commands = [
        subprocess.Popen(
            [sys.executable, "-c", program, *overrides, f"hydra.sweep.dir={tmp_path / str(number)}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(COMMANDS)
    ]
    said = [command.communicate(timeout=300)[0] for command in commands]
    assert [command.returncode for command in commands] == [0] * COMMANDS, said
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
