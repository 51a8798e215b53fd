"""A trial in a process of its own: started with its share of the cores, listened to, killed with the sweep."""

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
LAST_BYTES = 10_000  # of a log, in which its last line is looked for
REFUSED = 2  # exit code of a command that refuses its settings or its data; it would do so again


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, negative for a signal, and why, empty where all went well."""

    code: int
    reason: str


class TrialProcess:
    """One attempt at a trial.

    Args:
        overrides: of `python -m classifier.train`.
        log: file to which everything that it prints is appended.
        threads: that its computations may use.
    """

    def __init__(self, overrides: Sequence[str], log: Path, threads: int) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        self.connection, theirs = Pipe()
        environment = {**os.environ, DESCRIPTOR: str(theirs.fileno()), "OMP_NUM_THREADS": str(threads)}
        with log.open("ab") as file:
            self.began = file.tell()
            self.process = subprocess.Popen(
                [*COMMAND, *overrides],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the sweep, which decides what becomes of its trials
            )
        theirs.close()

    def wait(self, on_epoch: Callable[[dict[str, float]], str | None]) -> Ended:
        """Answers each epoch with the reason to stop, or None, until the process ends."""
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
        """Why it failed: the signal, or the last line that it printed."""
        if code < 0:
            memory = "; the machine may have run out of memory" if code == -signal.SIGKILL else ""
            return f"killed by {signal.Signals(-code).name}{memory}"
        with self.log.open("rb") as file:
            file.seek(max(self.began, self.log.stat().st_size - LAST_BYTES))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if re.match(r"Error: |[\w.]*(Error|Exception|Exit)\b", line)]
        return (errors or lines or [f"exit code {code}"])[-1].removeprefix("Error: ")[:500]
