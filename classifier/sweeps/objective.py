"""Objectives of a sweep: metrics of trials with a direction, and the best trials by these metrics."""

from collections.abc import Sequence

from classifier.errors import UserError
from classifier.settings import Monitor, TrainSettings
from classifier.tracking.trial_records import TrialRecord

MINIMIZED = ("valid.log_loss", "parameters", "latency_ms", "training_seconds")
KNOWN = (*(f"valid.{monitor.name}" for monitor in Monitor), *MINIMIZED[1:])


def objectives(settings: TrainSettings) -> list[str]:
    """Returns the metrics by which the best trial is chosen.

    Raises:
        UserError: for an unknown metric.
    """
    given = settings.sweep.objective
    if given is None:
        given = f"valid.{settings.trainer.monitor.name}"
    names = [given] if isinstance(given, str) else list(given)
    for name in names:
        if name not in KNOWN:
            hint = " The test split must not be used for choices." if str(name).startswith("test.") else ""
            raise UserError(f"sweep.objective={name}: choose from {', '.join(KNOWN)}.{hint}")
    if not names:
        raise UserError(f"sweep.objective=[] names no metric: choose from {', '.join(KNOWN)}.")
    return names


def minimized(name: str) -> bool:
    """Whether lower values are better."""
    return name in MINIMIZED


def on_validation(names: Sequence[str]) -> bool:
    """Whether one of the objectives is measured on the validation examples."""
    return any(name.startswith("valid.") for name in names)


def finished(trials: Sequence[TrialRecord], names: Sequence[str]) -> list[TrialRecord]:
    """Returns the finished trials, without refits, that have the first objective."""
    own = [trial for trial in trials if trial.kind == "trial"]
    return [trial for trial in own if trial.status == "FINISHED" and names[0] in trial.metrics]


def validation_sets(trials: Sequence[TrialRecord], names: Sequence[str]) -> int:
    """Counts the different validation sets of the finished trials, as far as known."""
    return len({trial.validated_on for trial in finished(trials, names)} - {""}) if on_validation(names) else 0


def ranked(trials: Sequence[TrialRecord], names: Sequence[str]) -> list[TrialRecord]:
    """Returns the finished trials sorted by the first objective, best first; empty if they cannot be compared.

    Values that were measured on different validation examples cannot be compared.
    """
    name = names[0]
    if validation_sets(trials, names) > 1:
        return []
    sign = 1 if minimized(name) else -1
    return sorted(finished(trials, names), key=lambda trial: sign * trial.metrics[name])


def pareto(trials: Sequence[TrialRecord], names: Sequence[str]) -> list[TrialRecord]:
    """Returns the finished trials that no other trial dominates."""
    candidates = [trial for trial in ranked(trials, names) if all(name in trial.metrics for name in names)]
    costs = {
        trial.run_id: [trial.metrics[name] if minimized(name) else -trial.metrics[name] for name in names]
        for trial in candidates
    }

    def dominated(trial: TrialRecord) -> bool:
        own = costs[trial.run_id]
        return any(cost != own and all(a <= b for a, b in zip(cost, own, strict=True)) for cost in costs.values())

    return [trial for trial in candidates if not dominated(trial)]
