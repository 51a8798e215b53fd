"""A training in progress, which the steps after the first epoch share."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from classifier.data import Splits
from classifier.model.hybrid import Hybrid
from classifier.pipeline.prepare import prepare
from classifier.settings import TrainSettings
from classifier.tracking.open_run import AnyRun
from classifier.training.fit import Training


@dataclass(frozen=True, slots=True)
class Job:
    """A training in progress."""

    settings: TrainSettings
    splits: Splits
    run: AnyRun
    hybrid: Hybrid
    training: Training

    @property
    def report(self) -> Path:
        """The folder of tables and figures."""
        return self.run.output / "report"


@contextmanager
def started(settings: TrainSettings, splits: Splits, run: AnyRun) -> Iterator[Job]:
    """Yields a training before its first epoch, or after its last checkpoint; see `prepare`."""
    stop = Event()
    with ThreadPoolExecutor(1) as executor:
        try:
            hybrid, training = prepare(settings, splits, run, executor, stop)
            yield Job(settings, splits, run, hybrid, training)
        finally:
            stop.set()  # cancels fits that are no longer needed
