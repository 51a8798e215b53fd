"""What a sweep looks for: metrics of a trial, each with its direction, and the best of the trials by them."""

from collections.abc import Sequence

from classifier.errors import UserError
from classifier.settings import Monitor, TrainSettings
from classifier.tracking.trial_records import TrialRecord

MINIMIZED = ("valid.log_loss", "parameters", "latency_ms", "training_seconds")
KNOWN = (*(f"valid.{monitor.name}" for monitor in Monitor), *MINIMIZED[1:])


def objectives(settings: TrainSettings) -> list[str]:
    """The metrics that decide which trial is best.

    Raises:
        UserError: for what is no metric that could.
    """
    given = settings.sweep.objective
    if given is None:
        given = f"valid.{settings.trainer.monitor.name}"
    names = [given] if isinstance(given, str) else list(given)
    for name in names:
        if name not in KNOWN:
            hint = " The test split steers nothing." if str(name).startswith("test.") else ""
            raise UserError(f"sweep.objective={name}: choose from {', '.join(KNOWN)}.{hint}")
    if not names:
        raise UserError(f"sweep.objective=[] names no metric: choose from {', '.join(KNOWN)}.")
    return names


def minimized(name: str) -> bool:
    """Whether less of it is better."""
    return name in MINIMIZED


def on_validation(names: Sequence[str]) -> bool:
    """Whether one of the objectives is measured on the validation examples."""
    return any(name.startswith("valid.") for name in names)


def finished(trials: Sequence[TrialRecord], names: Sequence[str]) -> list[TrialRecord]:
    """The finished trials that are not refits and have the first objective."""
    return [one for one in trials if one.kind == "trial" and one.status == "FINISHED" and names[0] in one.metrics]


def validation_sets(trials: Sequence[TrialRecord], names: Sequence[str]) -> int:
    """On how many different sets of examples the objectives of the finished trials were measured, as far as known."""
    return len({one.validated_on for one in finished(trials, names)} - {""}) if on_validation(names) else 0


def ranked(trials: Sequence[TrialRecord], names: Sequence[str]) -> list[TrialRecord]:
    """The finished trials, the best by the first objective first; empty where they cannot be compared.

    Values that were measured on different validation examples have no order.
    """
    name = names[0]
    if validation_sets(trials, names) > 1:
        return []
    return sorted(finished(trials, names), key=lambda one: one.metrics[name] if minimized(name) else -one.metrics[name])


def pareto(trials: Sequence[TrialRecord], names: Sequence[str]) -> list[TrialRecord]:
    """The finished trials that no other surpasses in one objective without being worse in another."""
    candidates = [one for one in ranked(trials, names) if all(name in one.metrics for name in names)]
    costs = {
        one.run_id: [one.metrics[name] if minimized(name) else -one.metrics[name] for name in names]
        for one in candidates
    }

    def surpassed(one: TrialRecord) -> bool:
        mine = costs[one.run_id]
        return any(cost != mine and all(a <= b for a, b in zip(cost, mine, strict=True)) for cost in costs.values())

    return [one for one in candidates if not surpassed(one)]
