"""Sweeps without TensorFlow: Hydra, the sweep and MLflow are real, and trials are simulated in this process."""

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_process import FakeProcess, free_port
from hydra.core.global_hydra import GlobalHydra
from mlflow import MlflowClient

from classifier.command_line.run import run_command
from classifier.settings import TrainSettings
from classifier.sweeps import run, sweep
from classifier.tracking import sweeps
from classifier.train import train

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))  # from Debian's package


@pytest.fixture(scope="session")
def database(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('sweeps')}/mlflow.db"


@pytest.fixture
def run_sweep(monkeypatch, tmp_path, database, capsys):
    """Runs `python -m classifier.train -m` with the overrides, and returns the results."""
    monkeypatch.setattr(sweep, "TrialProcess", FakeProcess)
    monkeypatch.setattr(
        run, "write_page", lambda folder, *_: (folder / "sweep.html").touch()
    )  # drawing takes several seconds
    monkeypatch.setattr(sweeps, "SETTLE_SECONDS", 0)
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


@pytest.fixture
def postgres(tmp_path):
    """The address of an empty database on a separate server."""
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    if not shutil.which("runuser"):
        pytest.skip("runuser is missing, and PostgreSQL does not run as root")
    port = free_port()
    folder = Path("/tmp") / f"classifier-postgres-{port}"
    folder.mkdir(mode=0o700)
    as_user = []
    if Path("/proc/self").owner() == "root":
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data, binaries = folder / "data", BINARIES[-1]

    def do(*arguments: str) -> None:
        subprocess.run([*as_user, *arguments], check=True, capture_output=True, cwd="/")

    try:
        do(f"{binaries}/initdb", "-D", str(data), "-U", "tester", "--auth=trust", "--no-sync")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        do(f"{binaries}/pg_ctl", "-D", str(data), "-o", options, "-l", f"{folder}/log", "-w", "start")
        yield f"postgresql+psycopg://tester@127.0.0.1:{port}/postgres"
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            do(f"{binaries}/pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def unsplit(tmp_path):
    """Overrides for a file without fixed splits, which a fake trial only hashes."""
    path = tmp_path / "texts.csv"
    path.write_text("text,label\n")
    return ("data=files", f"data.train={path}")
