"""The process of a trial: it reports, receives answers, fails with a reason, and ends with its sweep."""

import contextlib
import signal
import subprocess
import sys
import time

import psutil
import pytest

from classifier.sweeps import process
from classifier.sweeps.process import TrialProcess

TRIAL = """
import os, sys, time
from classifier.pipeline.connection import Pruned, sweep_connection
connection = sweep_connection()
print("threads", os.environ["OMP_NUM_THREADS"], flush=True)
try:
    for epoch in range(1, 4):
        connection.report({"epoch": epoch})
except Pruned as pruned:
    print("pruned:", pruned)
    sys.exit(0)
exec(sys.argv[1])
"""


@pytest.fixture
def start(monkeypatch, tmp_path):
    """Starts a trial that reports three epochs and then runs the line."""
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", TRIAL))
    return lambda line: TrialProcess([line], tmp_path / "log.txt", threads=3)


def test_it_reports_its_epochs_and_keeps_to_its_threads(start, tmp_path):
    epochs = []
    assert start("pass").wait(lambda entry: epochs.append(entry["epoch"])).reason == ""
    assert epochs == [1, 2, 3]
    assert (tmp_path / "log.txt").read_text() == "threads 3\n"


def test_it_stops_on_request(start, tmp_path):
    ended = start("pass").wait(lambda entry: "poor" if entry["epoch"] == 2 else None)
    assert (ended.code, ended.reason) == (0, "")
    assert "pruned: poor" in (tmp_path / "log.txt").read_text()


@pytest.mark.parametrize(
    ("line", "code", "reason"),
    [
        ("os.kill(os.getpid(), 9)", -9, "killed by SIGKILL; the machine may have run out of memory"),
        ("os.kill(os.getpid(), 11)", -11, "killed by SIGSEGV"),
        ("print('Error: no such file', file=sys.stderr); sys.exit(2)", 2, "no such file"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero"),
        ("os._exit(7)", 7, "threads 3"),
    ],
)
def test_why_it_failed(start, line, code, reason):
    ended = start(line).wait(lambda entry: None)
    assert (ended.code, ended.reason) == (code, reason)


def test_it_ends_with_the_process_that_started_it(tmp_path):
    """After kill -9 of the sweep, no training is left."""
    sweep = (
        "import sys; from pathlib import Path; from classifier.sweeps import process\n"
        f"process.COMMAND = (sys.executable, '-c', {TRIAL!r})\n"
        f"trial = process.TrialProcess(['import time; time.sleep(60)'], Path({str(tmp_path)!r}) / 'log.txt', 1)\n"
        "print(trial.process.pid, flush=True); trial.wait(lambda entry: None)"
    )
    with subprocess.Popen([sys.executable, "-c", sweep], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        pid = int(running.stdout.readline())
        while "threads" not in (tmp_path / "log.txt").read_text():
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
    with contextlib.suppress(psutil.NoSuchProcess):
        for _ in range(400):
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
            time.sleep(0.05)
        pytest.fail("the trial is still running")
