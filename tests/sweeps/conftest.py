"""Sweeps without TensorFlow: Hydra, the sweep and MLflow are real, and a trial is a few lines in this process."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hydra.core.global_hydra import GlobalHydra
from mlflow import MlflowClient

from classifier.command_line import run_command
from classifier.settings import TrainSettings
from classifier.sweeps import run, sweep
from classifier.sweeps.process import Ended
from classifier.sweeps.trial import split_override
from classifier.train import train

EPOCHS = 3


class FakeProcess:
    """Stands for a trial's process: reports three epochs of what `score` makes of its settings."""

    score: Callable[[dict[str, str]], float | Ended]
    started: list[dict[str, str]]
    uri: str

    def __init__(self, overrides, log: Path, threads: int) -> None:
        self.values = {key: value.strip("'") for key, value in map(split_override, overrides)}
        self.started.append(self.values)

    def wait(self, on_epoch) -> Ended:
        score, client, run_id = type(self).score(self.values), MlflowClient(self.uri), self.values["tracking.run_id"]
        if isinstance(score, Ended):
            return score
        for epoch in range(1, EPOCHS + 1):
            value = score * epoch / EPOCHS
            client.log_metric(run_id, "epoch/valid.macro_f1", value, step=epoch)
            if on_epoch({"epoch": epoch, "valid.macro_f1": value}):
                return Ended(0, "")
        client.log_metric(run_id, "valid.macro_f1", score)
        client.log_metric(run_id, "parameters", 1000 * (1 + int(self.values.get("model.depth", 1))))
        if self.values.get("trainer.validation_only") != "true":
            client.log_metric(run_id, "test.macro_f1", score / 2)
        return Ended(0, "")

    def kill(self) -> None:
        pass


@pytest.fixture(scope="session")
def database(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('sweeps')}/mlflow.db"


@pytest.fixture
def run_sweep(monkeypatch, tmp_path, database, capsys):
    """Starts `python -m classifier.train -m` with these overrides; returns what became of it."""
    monkeypatch.setattr(sweep, "TrialProcess", FakeProcess)
    monkeypatch.setattr(run, "write_page", lambda folder, *_: (folder / "sweep.html").touch())  # drawing takes seconds
    FakeProcess.uri, FakeProcess.started = database, []
    FakeProcess.score = lambda values: 0.5
    client, folders = MlflowClient(database), iter(range(100))
    shared = [f"tracking.uri={database}", f"tracking.experiment={tmp_path.name}", "sweep.objective=valid.macro_f1"]

    def run_sweep(*overrides: str, score=None):
        folder = tmp_path / str(next(folders))
        if score:
            FakeProcess.score = score
        FakeProcess.started = []
        monkeypatch.setattr(sys, "argv", ["train", "-m", *shared, f"hydra.sweep.dir={folder}", *overrides])
        GlobalHydra.instance().clear()
        code = 0
        try:
            run_command("train", TrainSettings, train)
        except SystemExit as exit:
            code = exit.code
        said = capsys.readouterr()
        experiment = client.get_experiment_by_name(tmp_path.name)
        runs = client.search_runs([experiment.experiment_id]) if experiment else []
        return SimpleNamespace(
            code=code, out=said.out, err=said.err, folder=folder, report=folder / "report", client=client,
            started=FakeProcess.started,
            parents=[one for one in runs if "mlflow.parentRunId" not in one.data.tags],
            children=sorted(
                (one for one in runs if "mlflow.parentRunId" in one.data.tags),
                key=lambda one: (one.data.tags["classifier.kind"] != "trial", int(one.data.tags["classifier.trial"])),
            ),
        )  # fmt: skip

    return run_sweep
