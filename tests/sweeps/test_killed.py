"""A sweep that is killed with SIGKILL at random times and restarted loses nothing and repeats nothing."""

import os
import random
import signal
import sys
from pathlib import Path

import pytest
from fake_process import FakeProcess
from forked_commands import start_process
from mlflow import MlflowClient

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
DEPTHS, KILLS = "1,2,3,4", 3
LAST_REQUEST = 20  # number of requests after which a sweep may die; a complete sweep has about 45


def sweep_that_dies(uri: str, folder: Path, request: int | None) -> None:
    """Runs `python -m classifier.train -m` in a process that dies after a number of requests to the server."""
    from classifier.command_line.run import run_command
    from classifier.settings import TrainSettings
    from classifier.sweeps import run, sweep
    from classifier.tracking import sweeps
    from classifier.tracking.patience import Patience
    from classifier.train import train

    ask, asked = Patience.__call__, iter(range(10**6))

    def ask_or_die(patience, action):
        if next(asked) == request:
            os.kill(os.getpid(), signal.SIGKILL)
        return ask(patience, action)

    def score(values):
        with (folder / "started").open("a") as file:
            file.write(values["tracking.run_id"] + "\n")
        return 0.1 * int(values["encoder.depth"])

    Patience.__call__ = ask_or_die
    FakeProcess.uri, FakeProcess.started, FakeProcess.score = uri, [], score
    sweep.TrialProcess, sweeps.SETTLE_SECONDS = FakeProcess, 0
    run.write_page = lambda folder, *_: None
    own = ["tracking.experiment=killed", "sweep.objective=valid.macro_f1", "hydra.launcher.processes=2"]
    where = [f"tracking.uri={uri}", f"hydra.sweep.dir={folder}/{request}"]
    sys.argv = ["train", "-m", f"encoder.depth={DEPTHS}", *own, *where]
    run_command("train", TrainSettings, train)


def test_a_sweep_killed_at_random_moments_loses_nothing(database, tmp_path):
    client, moments = MlflowClient(database), random.Random(5)
    for request in [*(moments.randrange(LAST_REQUEST) for _ in range(KILLS)), None]:
        experiment = client.get_experiment_by_name("killed")
        before = client.search_runs([experiment.experiment_id], "status = 'FINISHED'") if experiment else []
        (tmp_path / "started").write_text("")
        start = start_process(sweep_that_dies, database, tmp_path, request)
        start.join(300)
        assert start.exitcode == (0 if request is None else -signal.SIGKILL), request
        started = (tmp_path / "started").read_text().split()
        assert not {run.info.run_id for run in before} & set(started), "what is finished is skipped"
    parents, children = [], []
    for run in client.search_runs([client.get_experiment_by_name("killed").experiment_id]):
        (children if "mlflow.parentRunId" in run.data.tags else parents).append(run)
    assert [run.info.status for run in parents] == ["FINISHED"]
    found = {run.info.run_name: (run.info.status, run.data.metrics["valid.macro_f1"]) for run in children}
    assert len(children) == len(found)
    assert found == {f"depth={depth}": ("FINISHED", 0.1 * depth) for depth in (1, 2, 3, 4)}
