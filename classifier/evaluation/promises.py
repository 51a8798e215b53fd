"""Whether what a model promises about its decisions holds on the examples of a split."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import sqrt
from typing import Any

import numpy as np

from classifier.evaluation.bootstrap import Interval
from classifier.evaluation.metrics import Evaluation, class_counts
from classifier.evaluation.proportions import Z, wilson_interval
from classifier.evaluation.scored import Scored

MOST_NAMES = 5  # labels that a sentence lists


class Verdict(Enum):
    """What the examples say about a promise."""

    HOLDS = "holds"
    DOUBTFUL = "may no longer hold"
    BROKEN = "no longer holds"


@dataclass(frozen=True, slots=True)
class Checked:
    """A promise, and what was measured.

    Args:
        key: the setting, such as `abstain.precision`.
        promised: its value.
        what: what was counted, such as `accepted answers are right`.
        hits, count: for how many of how many it is true.
        least: lowest share with which the promise holds.
        doubtful, broken: labels for which the promise of a precision for each label may no longer hold, or does not.
    """

    key: str
    promised: float
    what: str
    hits: int
    count: int
    least: float
    doubtful: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        return self.hits / max(1, self.count)

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval of the share."""
        return wilson_interval(self.hits, self.count)

    @property
    def verdict(self) -> Verdict:
        if self.doubtful or self.broken:
            return Verdict.BROKEN if self.broken else Verdict.DOUBTFUL
        return verdict(self.hits, self.count, self.least)

    def sentence(self) -> str:
        """Returns the verdict with its numbers."""
        name = f"{self.key}={self.promised:g}"
        if not self.count:
            return f"{name} cannot be checked: there are no {self.what.partition(' are ')[0]}."
        labels = "".join(
            f"; for {listed(names)}, it {found.value}"
            for names, found in ((self.doubtful, Verdict.DOUBTFUL), (self.broken, Verdict.BROKEN))
            if names
        )
        return (
            f"{name} {self.verdict.value}: {self.share:.3f} [{self.interval.low:.3f}, {self.interval.high:.3f}] of "
            f"{self.count:,} {self.what}{labels}."
        )

    def summary(self) -> dict[str, Any]:
        """Returns the content for summary.json."""
        if not self.count:
            return {"promised": self.promised, "verdict": None, "count": 0}
        labels = {"may_no_longer_hold_for": list(self.doubtful), "no_longer_holds_for": list(self.broken)}
        return {
            "promised": self.promised,
            "verdict": self.verdict.value,
            "measured": self.share,
            "low": self.interval.low,
            "high": self.interval.high,
            "count": self.count,
            **{name: labels for name, labels in labels.items() if labels},
        }


def verdict(hits: int, count: int, least: float) -> Verdict:
    """Returns whether a share of at least `least` holds, if it was measured as `hits` of `count`."""
    if hits >= least * count:
        return Verdict.HOLDS
    return Verdict.DOUBTFUL if wilson_interval(hits, count).high >= least else Verdict.BROKEN


def check_promises(scored: Scored) -> list[Checked]:
    """Checks the promises of the model on the examples, if it makes any.

    The coverage of label sets and the share of accepted answers are promised on average over the validation examples
    that may have been drawn, and so they hold down to the lower end of the 95 % interval that their number implies.
    """
    promise, decision, found = scored.decision.promise or {}, scored.decision, []

    def on_average(share: float) -> float:
        return share - Z * sqrt(share * (1 - share) / max(1, decision.examples))

    if asked := number(promise, "abstain.precision"):
        accepted = decision.accepted(scored.probabilities)
        hits, count = int(scored.right[accepted].sum()), int(accepted.sum())
        found.append(Checked("abstain.precision", asked, "accepted answers are right", hits, count, asked))
    if asked := number(promise, "abstain.coverage"):
        hits = int(decision.accepted(scored.probabilities).sum())
        found.append(Checked("abstain.coverage", asked, "answers are accepted", hits, len(scored), on_average(asked)))
    if asked := number(promise, "export.coverage"):
        sets = decision.label_sets(scored.probabilities)
        over_all = " (all classes together)" if promise.get("export.coverage_by_class") else ""
        hits, what = int(sets[np.arange(len(scored)), scored.labels].sum()), f"label sets contain the label{over_all}"
        found.append(Checked("export.coverage", asked, what, hits, len(scored), on_average(asked)))
    if asked := number(promise, "labels.precision"):
        found.append(check_labels(scored, asked))
    return found


def check_labels(scored: Scored, precision: float) -> Checked:
    """Checks a precision that is promised for each label."""
    hits, _, predicted = class_counts(scored.truth, scored.answers)
    verdicts = {
        name: verdict(int(right), int(count), precision)
        for name, right, count in zip(scored.label_names, hits, predicted, strict=True)
        if count
    }
    doubtful, broken = (
        tuple(name for name, one in verdicts.items() if one is kind) for kind in (Verdict.DOUBTFUL, Verdict.BROKEN)
    )
    what = "predicted labels are right"
    return Checked(
        "labels.precision", precision, what, int(hits.sum()), int(predicted.sum()), precision, doubtful, broken
    )


def number(promise: Mapping[str, Any], key: str) -> float | None:
    """Returns a promised share, or None."""
    value = promise.get(key)
    return None if value is None else float(value)


def listed(names: tuple[str, ...]) -> str:
    """Lists the first names, and the number of the others."""
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return ", ".join(map(repr, names[:MOST_NAMES])) + more


def promises_of(evaluations: Mapping[str, Evaluation]) -> tuple[list[str], dict[str, Any]]:
    """Returns sentences on the promises of the model on the test split, and the content for summary.json, if any."""
    found = check_promises(evaluations["test"].scored) if "test" in evaluations else []
    sentences = [f"On the test texts, {one.sentence()}" for one in found]
    return sentences, {"promises": {one.key: one.summary() for one in found}} if found else {}
