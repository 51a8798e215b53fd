"""Trains the best setting again with several seeds; only these trainings are evaluated on test and exported."""

import statistics
from collections.abc import Sequence
from dataclasses import replace

from classifier.sweeps.compose import Composer
from classifier.sweeps.trial import Trial, split_override
from classifier.tracking.trial_records import TrialRecord

DROPPED = ("seed", "trainer.validation_only")  # overrides of the best trial that are not used


class Refit:
    """Trials of the kind refit: the setting of the best trial with seeds 0, 1, ...

    Args:
        composer: composer of the sweep.
        best: the best trial.
        seeds: number of seeds.
    """

    def __init__(self, composer: Composer, best: TrialRecord, seeds: int) -> None:
        setting = [override for override in best.overrides if split_override(override)[0] not in DROPPED]
        settings, _ = composer.settings(best.overrides)
        split_seed = settings.seed  # keeps the test data of the search
        trials = [
            composer.trial(seed, f"refit seed={seed}", [*setting, f"seed={seed}"], split_seed) for seed in range(seeds)
        ]
        self.waiting = iter([replace(trial, kind="refit", folder=f"refit-{trial.number}") for trial in trials])

    @property
    def shared(self) -> bool:
        return False

    def next(self) -> Trial | None:
        return next(self.waiting, None)

    def on_epoch(self, trial: Trial, entry: dict[str, float]) -> str | None:
        return None

    def on_end(self, trial: Trial, record: TrialRecord) -> None:
        """Ignores the result."""


def refit_metrics(trials: Sequence[TrialRecord]) -> dict[str, float]:
    """Returns mean and standard deviation of each metric over the refits, by name; empty if there are no refits."""
    refits = [trial.metrics for trial in trials if trial.kind == "refit" and trial.status == "FINISHED"]
    shared = set.intersection(*map(set, refits)) if refits else set()
    found = {}
    for name in sorted(metric for metric in shared if metric.startswith(("valid.", "test."))):
        values = [metrics[name] for metrics in refits]
        found[f"refit.{name}"] = statistics.mean(values)
        if len(values) > 1:
            found[f"refit.{name}_sd"] = statistics.stdev(values)
    return found
