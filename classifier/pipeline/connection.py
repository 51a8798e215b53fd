"""Communication of a trial with its sweep after each epoch; the trial ends together with the process of the sweep."""

import os
from collections.abc import Mapping
from functools import cache
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread

DESCRIPTOR = "CLASSIFIER_SWEEP_DESCRIPTOR"  # environment variable: file descriptor of the pipe to the sweep
ORPHANED = 3  # exit code of a trial whose sweep is gone


class Pruned(Exception):
    """The sweep stops this trial; the message is the reason."""


class SweepConnection:
    """The pipe of a trial to its sweep."""

    def __init__(self, descriptor: int) -> None:
        self.connection, self.answers = Connection(descriptor), SimpleQueue()
        Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        """Receives answers; ends the process when the sweep has ended."""
        try:
            while True:
                self.answers.put(self.connection.recv())
        except (EOFError, OSError):
            os._exit(ORPHANED)

    def report(self, entry: Mapping[str, float]) -> None:
        """Reports the metrics of an epoch.

        Raises:
            Pruned: if the sweep stops this trial.
        """
        self.connection.send(dict(entry))
        if reason := self.answers.get():
            raise Pruned(reason)


@cache
def sweep_connection() -> SweepConnection | None:
    """Returns the connection of this process, or None if it is not a trial."""
    descriptor = os.environ.pop(DESCRIPTOR, None)
    return SweepConnection(int(descriptor)) if descriptor else None
