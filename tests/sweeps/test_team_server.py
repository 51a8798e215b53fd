"""The recipe of docs/team_server.md: an MLflow server with PostgreSQL, which is restarted during a sweep."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest
from fake_process import FakeProcess, free_port
from finished_runs import make_run

from classifier.compare import compare
from classifier.promote import promote
from classifier.settings import CompareSettings, PromoteSettings, Server, TrackingSettings

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


class TeamServer:
    """An MLflow server that can be killed and restarted with the same data."""

    def __init__(self, store: str, folder) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        arguments = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        stores = ["--backend-store-uri", store, "--artifacts-destination", str(folder / "artifacts")]
        self.command = [sys.executable, "-m", "mlflow", *arguments, *stores]

    def start(self) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(self.command, start_new_session=True, **quiet)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self) -> None:
        for _ in range(1500):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.address}/health", timeout=1).close()
                return
            time.sleep(0.2)
        raise TimeoutError(self.address)


@pytest.fixture
def server(postgres, tmp_path):
    one = TeamServer(postgres, tmp_path)
    one.start()
    try:
        one.wait()
        yield one
    finally:
        one.kill()


@pytest.fixture
def database(server):
    """The tracking address of `run_sweep`."""
    return server.address


def test_a_sweep_outlives_a_restart_and_its_runs_are_compared_and_promoted(server, run_sweep, monkeypatch, tmp_path):
    original, restarts = FakeProcess.wait, []

    def wait(trial, on_epoch):
        ended = original(trial, on_epoch)
        if trial.values["encoder.depth"] == "2":
            server.kill()
            server.start()  # while the sweep continues
            restarts.append(time.monotonic())
        return ended

    monkeypatch.setattr(FakeProcess, "wait", wait)
    done = run_sweep("encoder.depth=1,2,3", score=lambda values: 0.1 * int(values["encoder.depth"]))
    assert done.code == 0, done.err
    assert "View run" not in done.out
    assert len(restarts) == 1 and "The sweep waits and tries again" in done.err
    assert [run.info.status for run in (*done.parents, *done.children)] == ["FINISHED"] * 4
    assert [run.data.metrics["valid.macro_f1"] for run in done.children] == [0.1, 0.2, pytest.approx(0.3)]
    kept = {one.path for one in done.client.list_artifacts(done.parents[0].info.run_id)}
    assert {"trials.csv", "best.yaml", "sweep.html"} <= kept

    tracking = TrackingSettings(server.address, experiment="models", system_metrics=False)
    good, better = (make_run(tracking, tmp_path, wrong, {"encoder.depth": str(wrong)}, model=True) for wrong in (40, 5))
    compared = compare(CompareSettings(runs=[good, better], tracking=Server(server.address)), tmp_path / "compared")
    assert compared["ranking"][0]["runs"] == [better]
    for run, version in ((good, 1), (better, 2)):
        promoted = promote(PromoteSettings("support", run, tracking=Server(server.address)), tmp_path)
        assert (promoted["promoted"], promoted["champion"]) == (True, version)
