"""A comparison as sentences and as tables in the terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.comparison.comparison import ClassChange, Comparison, Entry, Pair, Standing, class_changes
from classifier.comparison.paired import METRICS, WORDS
from classifier.evaluation.bootstrap import Interval
from classifier.evaluation.predictions import Predictions
from classifier.terminal import Table

MOST_COLUMNS = 6  # entries side by side in the terminal
MOST_PAIRS = 45  # of all pairs; with more entries than give so many, those with the best are shown, the CSV has all


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """All that there is to tell."""

    comparison: Comparison
    entries: list[Entry]  # best first
    examples: Predictions  # whose texts, labels and origins are those of all
    labels: NDArray[np.int64]
    label_names: list[str]
    runs: Mapping[str, Sequence[str]]  # entry -> its runs by name and id
    settings: Mapping[str, Mapping[str, str]]  # each setting that differs -> entry -> value
    left_out: Sequence[str]
    title: str

    def changes(self) -> list[ClassChange]:
        """Each class of each entry but the best."""
        best, *others = self.entries
        return [row for one in others for row in class_changes(self.labels, best, one, self.label_names)]

    def disagreements(self) -> list[int]:
        """The examples that not all entries get equally right."""
        right = np.array([one.right for one in self.entries])
        return np.flatnonzero(np.ptp(right, axis=0) > 0).tolist()

    def answer(self, one: Entry, example: int) -> str:
        """The label that the entry gives; of several repeats how many give which."""
        counts = Counter(self.label_names[number] for number in one.predicted[:, example])
        return ", ".join(f"{label} {count}" if one.repeats > 1 else label for label, count in counts.most_common())


def verdict(comparison: Comparison) -> list[str]:
    """What to remember, in sentences."""
    word, (best, *others) = WORDS[comparison.metric], comparison.standings
    tied = [one.name for one in others if one.places[0] == 1]
    if not others:
        return [f"The runs differ in their seed alone: {best.name} is the only entry, and nothing to compare it with."]
    if not tied:
        first = f"{best.name} has the highest {word}, by more than chance."
    else:
        names = ", ".join(tied[:5]) + (f" and {len(tied) - 5} more" if len(tied) > 5 else "")
        first = f"{best.name} has the highest {word}, but no difference from it is shown for {names}."
    pairs = len(comparison.pairs)
    corrected = f", corrected for {pairs} pairs" if pairs > 1 else ""
    return [
        first,
        f"{comparison.examples:,} examples show a difference in {word} of about {comparison.smallest:.3f} or more "
        f"(four times in five, at a level of 5 %{corrected}).",
    ]


def place(one: Standing) -> str:
    low, high = one.places
    return str(low) if low == high else f"{low}-{high}"


def mean(one: Standing, metric: str) -> str:
    """The mean, and its deviation over repeats where there are any."""
    deviation = one.deviations[metric]
    return f"{one.means[metric]:.3f}" + (f" ± {deviation:.3f}" if deviation is not None else "")


def between(interval: Interval, sign: str = "") -> str:
    """The interval in brackets."""
    return f"[{interval.low:{sign}.3f}, {interval.high:{sign}.3f}]"


def gap(pair: Pair, metric: str) -> str:
    """The difference."""
    return f"{pair.differences[metric].value:+.3f}"


def probability(p_value: float) -> str:
    return f"{p_value:.3f}" if p_value >= 0.001 else "<0.001"


def shown_pairs(comparison: Comparison) -> list[Pair]:
    """All pairs where they are few, else those with the best entry."""
    best = comparison.standings[0].name
    few = len(comparison.pairs) <= MOST_PAIRS
    return [pair for pair in comparison.pairs if few or pair.first == best]


def terminal_tables(report: Report) -> list[Table]:
    """The ranking, the pairs, the settings that differ."""
    comparison, metric = report.comparison, report.comparison.metric
    (other,) = set(METRICS) - {metric}
    numbers = (WORDS[metric], "95 %", WORDS[other])
    ranking = Table(["entry"], ["place", "seeds", *numbers], report.title)
    for one in comparison.standings:
        told = (mean(one, metric), between(one.intervals[metric]), mean(one, other))
        ranking.add(one.name, place(one), str(one.repeats), *told)
    pairs = Table(["better", "than"], [*numbers, "p (Holm)"], "Differences, paired by example")
    for pair in shown_pairs(comparison):
        told = (gap(pair, metric), between(pair.differences[metric].interval, "+"), gap(pair, other))
        pairs.add(pair.first, pair.second, *told, probability(pair.adjusted[metric]))
    names = [one.name for one in comparison.standings][:MOST_COLUMNS]
    settings = Table(["setting", *names], title="Settings that differ")
    for setting, values in report.settings.items():
        settings.add(setting, *(values[name] for name in names))
    return [table for table in (ranking, pairs, settings) if table.rows]
