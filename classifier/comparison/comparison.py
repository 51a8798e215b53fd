"""Which of several classifiers is best on the same examples, and which differences are more than chance?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from classifier.comparison.paired import (
    ERROR,
    METRICS,
    Difference,
    difference,
    holm,
    mcnemar,
    resampled_scores,
    scores,
    smallest_difference,
)
from classifier.evaluation.bootstrap import Interval, percentile_interval


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One setting: the answers of its runs, which differ in their seed alone, and their scores."""

    name: str
    predicted: NDArray[np.int64]  # (repeats, examples)
    right: NDArray[np.float64]  # (examples,), the share of the repeats
    scores: dict[str, NDArray[np.float64]]  # metric -> (repeats,)
    resampled: dict[str, NDArray[np.float64]]  # metric -> (resamples,)

    @property
    def repeats(self) -> int:
        return len(self.predicted)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entries, the better one first; metrics are keys."""

    first: str
    second: str
    differences: dict[str, Difference]
    adjusted: dict[str, float]  # the p-values, corrected by Holm for all pairs
    smallest: dict[str, float]  # difference that this test set shows four times in five
    exact: bool  # whether the p-value of accuracy is McNemar's, which knows no repeats; else the bootstrap's
    only_first: float  # examples that only the first gets right; a mean over repeats
    only_second: float


@dataclass(frozen=True, slots=True)
class Standing:
    """One entry's row in the ranking."""

    name: str
    places: tuple[int, int]  # from the best to the worst that the differences shown leave open
    repeats: int
    means: dict[str, float]
    deviations: dict[str, float | None]  # over the repeats; None of a single one
    intervals: dict[str, Interval]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The entries, best first, and each pair of them."""

    metric: str  # that ranks
    examples: int
    standings: list[Standing]
    pairs: list[Pair]

    @property
    def smallest(self) -> float | None:
        """By how much the best must be ahead of the next one for that to be shown, in the metric."""
        return self.pairs[0].smallest[self.metric] if self.pairs else None


def entry(
    name: str, labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int, repeats_seed: int = 0
) -> Entry:
    """The (repeats, examples) answers with their scores; see `paired.resampled_scores`."""
    return Entry(
        name,
        predicted,
        (predicted == labels).mean(axis=0),
        scores(labels, predicted, classes),
        resampled_scores(labels, predicted, classes, repeats_seed=repeats_seed),
    )


def differences(first: Entry, second: Entry) -> dict[str, Difference]:
    """The first minus the second in each metric."""
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
    """Ranks by the metric. Two entries are apart where the p-value, corrected by Holm for all pairs, is below 0.05."""
    other = METRICS[1 - METRICS.index(metric)]
    best_first = sorted(entries, key=lambda one: (-one.scores[metric].mean(), -one.scores[other].mean()))
    examples = len(entries[0].right)
    together = list(combinations(best_first, 2))
    found = [differences(first, second) for first, second in together]
    adjusted = {name: holm([one[name].p_value for one in found]) for name in METRICS}
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
        for row, ((first, second), of_pair) in enumerate(zip(together, found, strict=True))
    ]
    apart = [(pair.first, pair.second) for pair in pairs if pair.adjusted[metric] < ERROR]
    standings = [standing(one, places(one.name, apart, len(entries))) for one in best_first]
    return Comparison(metric, examples, standings, pairs)


def exclusive(first: Entry, second: Entry) -> tuple[float, float]:
    """How many examples only the first and only the second gets right."""
    more = first.right - second.right
    return float(np.maximum(more, 0).sum()), float(np.maximum(-more, 0).sum())


def places(name: str, apart: Sequence[tuple[str, str]], entries: int) -> tuple[int, int]:
    """The best and the worst place, given the pairs (better, worse) whose difference is shown."""
    better = sum(worse == name for _, worse in apart)
    worse = sum(better == name for better, _ in apart)
    return 1 + better, entries - worse


def standing(one: Entry, open_places: tuple[int, int]) -> Standing:
    return Standing(
        one.name,
        open_places,
        one.repeats,
        {metric: float(values.mean()) for metric, values in one.scores.items()},
        {metric: float(values.std(ddof=1)) if one.repeats > 1 else None for metric, values in one.scores.items()},
        {metric: percentile_interval(values) for metric, values in one.resampled.items()},
    )


@dataclass(frozen=True, slots=True)
class ClassChange:
    """One class under the best entry and under another one; examples are means over repeats."""

    entry: str
    label: str
    support: int  # examples
    best_f1: float
    f1: float
    gained: float  # examples of the class that the best gets wrong and this one right
    lost: float  # and the other way round


def class_changes(
    labels: NDArray[np.int64], best: Entry, other: Entry, label_names: Sequence[str]
) -> list[ClassChange]:
    """What the other entry gains and loses in each class, beside the best one."""
    more = other.right - best.right
    f1 = [class_f1(labels, one.predicted, len(label_names)) for one in (best, other)]
    return [
        ClassChange(
            other.name,
            name,
            int((labels == number).sum()),
            float(f1[0][number]),
            float(f1[1][number]),
            float(np.maximum(more, 0)[labels == number].sum()),
            float(np.maximum(-more, 0)[labels == number].sum()),
        )
        for number, name in enumerate(label_names)
    ]


def class_f1(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """(classes,) F1 of each class, the mean over the (repeats, examples) answers; 0 where it is undefined."""
    support = np.bincount(labels, minlength=classes)
    of_repeats = [
        2 * np.bincount(labels[labels == one], minlength=classes)
        / np.maximum(support + np.bincount(one, minlength=classes), 1)
        for one in predicted
    ]  # fmt: skip
    return np.mean(of_repeats, axis=0)
