"""Runs a trial in a separate process with its share of the cores, which is killed with the sweep."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path

from classifier.pipeline.connection import DESCRIPTOR

COMMAND = (sys.executable, "-m", "classifier.train")
LAST_BYTES = 10_000  # of a log, which are searched for its last line
REFUSED = 2  # exit code for invalid settings or data; a retry would fail, too


@dataclass(frozen=True, slots=True)
class Ended:
    """The exit code of a process, negative for a signal, and the reason of its failure ("" if it succeeded)."""

    code: int
    reason: str


class TrialProcess:
    """The process of an attempt at a trial.

    Args:
        overrides: overrides of `python -m classifier.train`.
        log: file to which the output is appended.
        threads: number of threads for computations.
    """

    def __init__(self, overrides: Sequence[str], log: Path, threads: int) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        self.connection, child_end = Pipe()
        environment = {**os.environ, DESCRIPTOR: str(child_end.fileno()), "OMP_NUM_THREADS": str(threads)}
        with log.open("ab") as file:
            self.began = file.tell()
            self.process = subprocess.Popen(
                [*COMMAND, *overrides],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=[child_end.fileno()],
                start_new_session=True,  # so that only the sweep receives Ctrl-C, and ends its trials
            )
        child_end.close()

    def wait(self, on_epoch: Callable[[dict[str, float]], str | None]) -> Ended:
        """Sends the reason to stop, or None, after each epoch until the process ends."""
        try:
            while True:
                self.connection.send(on_epoch(self.connection.recv()))
        except (EOFError, OSError):
            code = self.process.wait()
        finally:
            self.connection.close()
        return Ended(code, "" if code == 0 else self.reason(code))

    def kill(self) -> None:
        self.process.kill()

    def reason(self, code: int) -> str:
        """Returns the reason of a failure: the signal, or the last line of the output."""
        if code < 0:
            memory = "; the machine may have run out of memory" if code == -signal.SIGKILL else ""
            return f"killed by {signal.Signals(-code).name}{memory}"
        with self.log.open("rb") as file:
            file.seek(max(self.began, self.log.stat().st_size - LAST_BYTES))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if re.match(r"Error: |[\w.]*(Error|Exception|Exit)\b", line)]
        return (errors or lines or [f"exit code {code}"])[-1].removeprefix("Error: ")[:500]
