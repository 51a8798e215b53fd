"""What a trial tells its sweep after each epoch, and what it hears; it does not outlive the sweep's process."""

import os
from collections.abc import Mapping
from functools import cache
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread

DESCRIPTOR = "CLASSIFIER_SWEEP_DESCRIPTOR"  # environment variable: the trial's end of the pipe
ORPHANED = 3  # exit code of a trial whose sweep is gone


class Pruned(Exception):
    """The sweep stops this trial; the message says why."""


class SweepConnection:
    """The trial's end of the pipe to its sweep."""

    def __init__(self, descriptor: int) -> None:
        self.connection, self.answers = Connection(descriptor), SimpleQueue()
        Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        """Collects answers; ends the process once nobody is there to give any."""
        try:
            while True:
                self.answers.put(self.connection.recv())
        except (EOFError, OSError):
            os._exit(ORPHANED)

    def report(self, entry: Mapping[str, float]) -> None:
        """Tells the metrics of an epoch.

        Raises:
            Pruned: where the sweep does not want to see more of this trial.
        """
        self.connection.send(dict(entry))
        if reason := self.answers.get():
            raise Pruned(reason)


@cache
def sweep_connection() -> SweepConnection | None:
    """The connection of this process; None where it is not a trial."""
    descriptor = os.environ.pop(DESCRIPTOR, None)
    return SweepConnection(int(descriptor)) if descriptor else None
