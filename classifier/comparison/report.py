"""Formats a comparison as sentences, and as tables for the terminal."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.comparison.comparison import ClassChange, Comparison, Entry, Pair, Standing, class_changes
from classifier.comparison.paired import METRICS, WORDS
from classifier.evaluation.bootstrap import Interval
from classifier.evaluation.predictions import Predictions, shown
from classifier.terminal import Table, counted

MOST_COLUMNS = 6  # entries in a table of the terminal
MOST_NAMES = 5  # in a sentence
MOST_PAIRS = 45  # if there are more pairs, only those with the best entry are shown; the CSV file has all pairs


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A comparison with its examples, runs and settings."""

    comparison: Comparison
    entries: list[Entry]  # best first
    examples: Predictions  # of any entry; texts, labels and origins are the same for all
    labels: NDArray[Any]  # numbers (examples,), or booleans (examples, classes) of several labels per text
    label_names: list[str]
    runs: Mapping[str, Sequence[str]]  # labels of the runs of each entry
    settings: Mapping[str, Mapping[str, str]]  # value of each differing setting for each entry
    left_out: Sequence[str]
    title: str

    def changes(self) -> list[ClassChange]:
        """Returns the changes of each class for all entries except the best."""
        best, *others = self.entries
        return [row for other in others for row in class_changes(self.labels, best, other, self.label_names)]

    def disagreements(self) -> list[int]:
        """Returns the examples on which the entries are not equally right."""
        right = np.array([entry.right for entry in self.entries])
        return np.flatnonzero(np.ptp(right, axis=0) > 0).tolist()

    def answer(self, entry: Entry, example: int) -> str:
        """Returns the predicted label or labels, or the number of each answer if there are several repeats."""
        predicted = entry.predicted[:, example]
        if predicted.ndim == 2:
            found = [shown([self.label_names[number] for number in np.flatnonzero(row)]) for row in predicted]
        else:
            found = [self.label_names[number] for number in predicted]
        counts = Counter(found)
        return ", ".join(f"{label} {count}" if entry.repeats > 1 else label for label, count in counts.most_common())


def verdict(comparison: Comparison, shown: Callable[[str], str] = str) -> list[str]:
    """Summarizes the comparison in sentences, in which `shown` formats the names."""
    word, (best, *others) = WORDS[comparison.metric], comparison.standings
    highest = best.means[comparison.metric]
    leading = [
        shown(standing.name) for standing in comparison.standings if standing.means[comparison.metric] == highest
    ]
    tied = [shown(standing.name) for standing in others[len(leading) - 1 :] if standing.places[0] == 1]
    if not others:
        return [f"The runs differ in their seed alone: {leading[0]} is the only entry, and nothing to compare it with."]
    first = f"{enumerated(leading)} {'have' if len(leading) > 1 else 'has'} the highest {word}"
    if tied:
        from_it = "them" if len(leading) > 1 else "it"
        first += f", but no difference from {from_it} is shown for {enumerated(tied)}"
    elif len(leading) == 1:
        first += ", by more than chance"
    pairs = len(comparison.pairs)
    corrected = f", corrected for {pairs} pairs" if pairs > 1 else ""
    return [
        f"{first}.",
        f"{counted(comparison.examples, 'example')} show a difference in {word} of about "
        f"{comparison.smallest:.3f} or more "
        f"(four times in five, at a level of 5 %{corrected}).",
    ]


def enumerated(names: Sequence[str]) -> str:
    """Returns the first MOST_NAMES names, and the number of the others.

    >>> enumerated("ab"), enumerated("abcdefg")
    ('a and b', 'a, b, c, d, e and 2 more')
    """
    shown, more = list(names[:MOST_NAMES]), len(names) - MOST_NAMES
    *some, last = [*shown, f"{more} more"] if more > 0 else shown
    return f"{', '.join(some)} and {last}" if some else last


def place(standing: Standing) -> str:
    low, high = standing.places
    return str(low) if low == high else f"{low}-{high}"


def mean(standing: Standing, metric: str) -> str:
    """Formats the mean, and the standard deviation over repeats if there are any."""
    deviation = standing.deviations[metric]
    return f"{standing.means[metric]:.3f}" + (f" ± {deviation:.3f}" if deviation is not None else "")


def between(interval: Interval, sign: str = "") -> str:
    """Formats the interval in brackets."""
    return f"[{interval.low:{sign}.3f}, {interval.high:{sign}.3f}]"


def gap(pair: Pair, metric: str) -> str:
    """Formats the difference."""
    return f"{pair.differences[metric].value:+.3f}"


def probability(p_value: float) -> str:
    return f"{p_value:.3f}" if p_value >= 0.001 else "<0.001"


def shown_pairs(comparison: Comparison) -> list[Pair]:
    """Returns all pairs if there are few, and otherwise the pairs with the best entry."""
    best = comparison.standings[0].name
    few = len(comparison.pairs) <= MOST_PAIRS
    return [pair for pair in comparison.pairs if few or pair.first == best]


def terminal_tables(report: Report) -> list[Table]:
    """Returns tables of the ranking, the pairs and the differing settings."""
    comparison, metric = report.comparison, report.comparison.metric
    (other,) = set(METRICS) - {metric}
    numbers = (WORDS[metric], "95 %", WORDS[other])
    ranking = Table(["entry"], ["place", "seeds", *numbers], report.title)
    for standing in comparison.standings:
        values = (mean(standing, metric), between(standing.intervals[metric]), mean(standing, other))
        ranking.add(standing.name, place(standing), str(standing.repeats), *values)
    pairs = Table(["better", "than"], [*numbers, "p (Holm)"], "Differences, paired by example")
    for pair in shown_pairs(comparison):
        values = (gap(pair, metric), between(pair.differences[metric].interval, "+"), gap(pair, other))
        pairs.add(pair.first, pair.second, *values, probability(pair.adjusted[metric]))
    names = [standing.name for standing in comparison.standings][:MOST_COLUMNS]
    settings = Table(["setting", *names], title="Settings that differ")
    for setting, values in report.settings.items():
        settings.add(setting, *(values[name] for name in names))
    return [table for table in (ranking, pairs, settings) if table.rows]
