"""A training in progress, which the steps after the first epoch share."""

from dataclasses import dataclass
from pathlib import Path

from classifier.data import Splits
from classifier.model.hybrid import Hybrid
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
