"""Decides by a rule whether a challenger is better than the champion on the same validation examples."""

from dataclasses import dataclass

from classifier.comparison.comparison import Entry, differences, entry
from classifier.comparison.paired import WORDS
from classifier.errors import UserError
from classifier.evaluation.predictions import Predictions, aligned_to, numbered
from classifier.settings import PromotionSettings, Rule
from classifier.terminal import counted


class Incomparable(UserError):
    """Challenger and champion have different validation examples, or no predictions."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision of the rule, and the numbers on which it is based."""

    better: bool
    numbers: dict[str, float]  # challenger, champion, difference, low, high, examples
    summary: str  # the metrics as a sentence


def judge(challenger: Predictions, champion: Predictions, settings: PromotionSettings) -> Judgement:
    """Applies the rule to the difference between challenger and champion, paired by example.

    Raises:
        Incomparable: if the examples differ.
    """
    if challenger.content != champion.content:
        raise Incomparable(
            f"their validation examples differ (content {challenger.content}, "
            f"{counted(len(challenger), 'example')}, and "
            f"{champion.content}, {counted(len(champion), 'example')})"
        )
    metric = settings.metric.name
    first, second = entries(challenger, aligned_to(challenger, champion))
    found = differences(first, second)[metric]
    numbers = {
        "challenger": float(first.scores[metric][0]),
        "champion": float(second.scores[metric][0]),
        "difference": found.value,
        "low": found.interval.low,
        "high": found.interval.high,
        "examples": float(len(challenger)),
    }
    summary = (
        f"{WORDS[metric]} {numbers['challenger']:.4f} against {numbers['champion']:.4f} on {len(challenger):,} "
        f"validation examples, a difference of {found.value:+.4f} with a 95 % interval from {found.interval.low:+.4f} "
        f"to {found.interval.high:+.4f}"
    )
    return Judgement((found.interval.low if settings.rule is Rule.interval else found.value) > 0, numbers, summary)


def entries(challenger: Predictions, champion: Predictions) -> tuple[Entry, Entry]:
    """Converts both to entries of a comparison."""
    names = list(dict.fromkeys([*challenger.label_names, *champion.label_names]))
    number = {name: place for place, name in enumerate(names)}
    labels = numbered(challenger.labels, number)
    first, second = (
        entry(name, labels, numbered(predictions.predicted, number)[None], len(names))
        for name, predictions in (("challenger", challenger), ("champion", champion))
    )
    return first, second
