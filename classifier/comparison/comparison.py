"""Ranks classifiers on the same examples, and tests which differences are significant."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.comparison.paired import (
    ERROR,
    METRICS,
    Difference,
    class_counts,
    difference,
    holm,
    mcnemar,
    resampled_scores,
    right_answers,
    scores,
    smallest_difference,
)
from classifier.evaluation.arrays import one_hot
from classifier.evaluation.bootstrap import Interval, percentile_interval
from classifier.evaluation.metrics import wider
from classifier.evaluation.proportions import f1_limits, mean_interval, wilson_interval


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A setting: the predictions of its runs, which differ only in the seed, and their scores."""

    name: str
    predicted: NDArray[Any]  # (repeats, examples), or (repeats, examples, classes) if a text can have several labels
    right: NDArray[np.float64]  # (examples,), share of the repeats that are right
    scores: dict[str, NDArray[np.float64]]  # metric -> (repeats,)
    resampled: dict[str, NDArray[np.float64]]  # metric -> (resamples,)
    intervals: dict[str, Interval]  # of each metric

    @property
    def repeats(self) -> int:
        return len(self.predicted)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entries, starting with the better entry; dictionaries have a value for each metric."""

    first: str
    second: str
    differences: dict[str, Difference]
    adjusted: dict[str, float]  # p-values with Holm's correction for all pairs
    smallest: dict[str, float]  # smallest difference that is detected with a probability of 80 %
    exact: bool  # whether the p-value of accuracy is from McNemar's test (without repeats) or from the bootstrap
    only_first: float  # examples that only the first entry gets right; a mean over repeats
    only_second: float


@dataclass(frozen=True, slots=True)
class Standing:
    """The row of an entry in the ranking."""

    name: str
    places: tuple[int, int]  # best and worst place that are compatible with the significant differences
    repeats: int
    means: dict[str, float]
    deviations: dict[str, float | None]  # over the repeats; None for a single run
    intervals: dict[str, Interval]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The entries, best first, and each pair of them."""

    metric: str  # by which entries are ranked
    examples: int
    standings: list[Standing]
    pairs: list[Pair]

    @property
    def smallest(self) -> float | None:
        """The smallest difference between the best and the next entry that can be detected, in the metric."""
        return self.pairs[0].smallest[self.metric] if self.pairs else None


def entry(name: str, labels: NDArray[Any], predicted: NDArray[Any], classes: int, repeats_seed: int = 0) -> Entry:
    """Creates an entry; for the arguments see `paired.resampled_scores`."""
    right = right_answers(labels, predicted).mean(axis=0)
    resampled = resampled_scores(labels, predicted, classes, repeats_seed=repeats_seed)
    found = {metric: percentile_interval(values) for metric, values in resampled.items()}
    least = least_intervals(labels, predicted, classes)
    intervals = {metric: wider(found[metric], least[metric]) for metric in METRICS}
    if len(predicted) == 1:
        intervals["accuracy"] = least["accuracy"]
    return Entry(name, predicted, right, scores(labels, predicted, classes), resampled, intervals)


def least_intervals(labels: NDArray[Any], predicted: NDArray[Any], classes: int) -> dict[str, Interval]:
    """Returns intervals of the metrics that hold for a few examples, where the bootstrap is too narrow.

    They are those of `evaluation.metrics.intervals`, of the mean counts over the predictions (repeats, examples).
    """
    hits, support, found = np.mean([class_counts(labels, repeat, classes) for repeat in predicted], axis=0)
    right = right_answers(labels, predicted).sum() / len(predicted)
    occurring = support + found > 0
    low, high = (end[occurring] for end in f1_limits(hits, support, found))
    f1 = (2 * hits / np.maximum(support + found, 1))[occurring]
    return {"accuracy": wilson_interval(float(right), len(labels)), "macro_f1": mean_interval(f1, low, high)}


def differences(first: Entry, second: Entry) -> dict[str, Difference]:
    """Returns the difference between the first and the second entry in each metric."""
    exact = mcnemar(first.right == 1, second.right == 1) if single(first, second) else None
    return {
        metric: difference(
            first.scores[metric].mean() - second.scores[metric].mean(),
            first.resampled[metric] - second.resampled[metric],
            exact if metric == "accuracy" else None,
        )
        for metric in METRICS
    }


def single(first: Entry, second: Entry) -> bool:
    return first.repeats == second.repeats == 1


def compare(entries: Sequence[Entry], metric: str) -> Comparison:
    """Ranks the entries by the metric; differences are significant if the Holm-corrected p-value is below 0.05."""
    other = METRICS[1 - METRICS.index(metric)]
    best_first = sorted(entries, key=lambda entry: (-entry.scores[metric].mean(), -entry.scores[other].mean()))
    examples = len(entries[0].right)
    combined = list(combinations(best_first, 2))
    found = [differences(first, second) for first, second in combined]
    adjusted = {name: holm([of_pair[name].p_value for of_pair in found]) for name in METRICS}
    pairs = [
        Pair(
            first.name,
            second.name,
            of_pair,
            {name: float(adjusted[name][row]) for name in METRICS},
            {name: smallest_difference(of_pair[name].standard_error, examples, len(found)) for name in METRICS},
            single(first, second),
            *exclusive(first, second),
        )
        for row, ((first, second), of_pair) in enumerate(zip(combined, found, strict=True))
    ]
    significant = [(pair.first, pair.second) for pair in pairs if pair.adjusted[metric] < ERROR]
    standings = [make_standing(entry, places(entry.name, significant, len(entries))) for entry in best_first]
    return Comparison(metric, examples, standings, pairs)


def exclusive(first: Entry, second: Entry) -> tuple[float, float]:
    """Returns how many examples only the first and only the second entry gets right."""
    gain = first.right - second.right
    return float(np.maximum(gain, 0).sum()), float(np.maximum(-gain, 0).sum())


def places(name: str, significant: Sequence[tuple[str, str]], entries: int) -> tuple[int, int]:
    """Returns the best and the worst place, given the pairs (better, worse) with a significant difference."""
    better = sum(worse == name for _, worse in significant)
    worse = sum(better == name for better, _ in significant)
    return 1 + better, entries - worse


def make_standing(entry: Entry, places: tuple[int, int]) -> Standing:
    return Standing(
        entry.name,
        places,
        entry.repeats,
        {metric: float(values.mean()) for metric, values in entry.scores.items()},
        {metric: float(values.std(ddof=1)) if entry.repeats > 1 else None for metric, values in entry.scores.items()},
        entry.intervals,
    )


@dataclass(frozen=True, slots=True)
class ClassChange:
    """Comparison of another entry with the best entry for a class; numbers of examples are means over repeats."""

    entry: str
    label: str
    support: int  # examples
    best_f1: float
    f1: float
    gained: float  # examples of the class that the best entry gets wrong and this entry right
    lost: float  # examples of the class that the best entry gets right and this entry wrong


def class_changes(labels: NDArray[Any], best: Entry, other: Entry, label_names: Sequence[str]) -> list[ClassChange]:
    """Returns what the other entry gains and loses in each class compared with the best entry."""
    gain = other.right - best.right
    f1 = [class_f1(labels, entry.predicted, len(label_names)) for entry in (best, other)]
    has = one_hot(labels, len(label_names))
    return [
        ClassChange(
            other.name,
            name,
            int(has[:, number].sum()),
            float(f1[0][number]),
            float(f1[1][number]),
            float(np.maximum(gain, 0)[has[:, number]].sum()),
            float(np.maximum(-gain, 0)[has[:, number]].sum()),
        )
        for number, name in enumerate(label_names)
    ]


def class_f1(labels: NDArray[Any], predicted: NDArray[Any], classes: int) -> NDArray[np.float64]:
    """Returns F1 (classes,) as a mean over the repeats; 0 if undefined. Arguments as for `paired.scores`."""
    counts = [class_counts(labels, repeat, classes) for repeat in predicted]
    return np.mean([2 * hits / np.maximum(support + found, 1) for hits, support, found in counts], axis=0)
