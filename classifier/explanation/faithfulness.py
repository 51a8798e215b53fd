"""Measures whether the prediction changes if the words that an explanation names are removed, versus random words.

m(x) is the probability of the class that is explained, usually the one that is predicted for the whole text. An
increasing share of the most important words is removed (deletion), or only these words are kept (insertion).

comprehensiveness = m(x) - m(x without the words), higher is better   (DeYoung et al. 2020, ERASER, equation 1)
sufficiency       = m(x) - m(only the words), lower is better         (equation 2)

Both are means over the top 1, 5, 10, 20 and 50 % of the words, the bins of the paper.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from classifier.evaluation.bootstrap import Interval, percentile_interval, resampled_indices
from classifier.explanation.explanation import METHODS, Array, Explanation, joined

FRACTIONS = (0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1)  # of the words
BINS = (0.01, 0.05, 0.1, 0.2, 0.5)  # DeYoung et al. 2020, section 4
RANDOM, RANDOM_ORDERS = "random", 3  # number of random orders per text, which are averaged
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Curves:
    """Probability of the explained class of each text at each of FRACTIONS, both of shape (texts, fractions)."""

    deletion: Array
    insertion: Array

    def measures(self) -> dict[str, Array]:
        """Returns the measures by name, each of shape (texts,)."""
        bins = [FRACTIONS.index(share) for share in BINS]
        whole = self.deletion[:, :1]
        return {
            "comprehensiveness": (whole - self.deletion[:, bins]).mean(axis=1),
            "sufficiency": (whole - self.insertion[:, bins]).mean(axis=1),
            "deletion_area": np.trapezoid(self.deletion, FRACTIONS, axis=1),
            "insertion_area": np.trapezoid(self.insertion, FRACTIONS, axis=1),
        }


BETTER = {"comprehensiveness": 1, "sufficiency": -1, "deletion_area": -1, "insertion_area": 1}  # 1: higher is better


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over texts with its 95 % interval, and its difference from random words."""

    mean: float
    interval: Interval
    above_random: float
    above_interval: Interval


def verdict(row: Mapping[str, Estimate]) -> str:
    """Whether the words beat random words by both measures of ERASER, one or none, according to the intervals."""
    names = ("comprehensiveness", "sufficiency")
    beaten = [name for name in names if min(BETTER[name] * end for end in ends(row[name].above_interval)) > 0]
    return "yes" if len(beaten) == 2 else f"by {beaten[0]} only" if beaten else "no"


def ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def ranking(scores: Array, random: np.random.Generator) -> np.ndarray:
    """Returns the word indices by decreasing score, with equal scores in random order."""
    return np.lexsort((random.random(len(scores)), -np.asarray(scores)))


def split_texts(
    words: Sequence[str], order: np.ndarray, fraction: float, spaces: Sequence[str] = ()
) -> tuple[str, str]:
    """Returns the text without the first words of the order, and with only these; their number is rounded up.

    >>> split_texts(["good", "old", "film"], np.array([0, 2, 1]), 0.5)
    ('old', 'good film')
    """
    chosen = set(order[: ceil(fraction * len(words) - 1e-9)].tolist())
    return joined(words, spaces, {*range(len(words))} - chosen), joined(words, spaces, chosen)


def faithfulness_curves(
    explanations: Sequence[Explanation], classify: Callable[[list[str]], Array], seed: int
) -> dict[str, Curves]:
    """Returns the curves of each method that all explanations have, and of random words.

    Args:
        explanations: explanations of texts with at least one word.
        classify: function from texts to probabilities (texts, classes), called with distinct texts.
        seed: seed of the random orders.
    """
    random = np.random.default_rng(seed)
    methods = [name for name in METHODS if all(name in item.scores for item in explanations)]
    orders = {method: [[ranking(item.scores[method], random)] for item in explanations] for method in methods}
    drawn = [[random.permutation(len(item.words)) for _ in range(RANDOM_ORDERS)] for item in explanations]
    texts = {
        method: [
            [[split_texts(item.words, order, share, item.spaces) for share in FRACTIONS] for order in orders_of_item]
            for item, orders_of_item in zip(explanations, orders_of_method, strict=True)
        ]
        for method, orders_of_method in {**orders, RANDOM: drawn}.items()
    }
    distinct = list(dict.fromkeys(text for of_method in texts.values() for text in flattened(of_method)))
    probabilities = dict(zip(distinct, classify(distinct), strict=True))

    def mean_curves(method: str) -> Curves:
        found = np.array(
            [
                np.mean(
                    [[[probabilities[text][item.explained] for text in pair] for pair in pairs] for pairs in of_item],
                    axis=0,
                )
                for item, of_item in zip(explanations, texts[method], strict=True)
            ]
        )
        return Curves(found[..., 0], found[..., 1])

    return {method: mean_curves(method) for method in texts}


def flattened(texts: Sequence[Sequence[Sequence[tuple[str, str]]]]) -> list[str]:
    return [text for of_item in texts for pairs in of_item for pair in pairs for text in pair]


def faithfulness_table(curves: Mapping[str, Curves], seed: int) -> dict[str, dict[str, Estimate]]:
    """Returns an estimate of each measure for each method, ending with random words; differences are paired by text."""
    measures = {method: found.measures() for method, found in curves.items()}
    texts = len(next(iter(curves.values())).deletion)
    drawn = list(resampled_indices(texts, RESAMPLES, seed))

    def estimate(values: Array, random: Array) -> Estimate:
        above = values - random
        intervals = [percentile_interval(np.array([array[rows].mean() for rows in drawn])) for array in (values, above)]
        return Estimate(float(values.mean()), intervals[0], float(above.mean()), intervals[1])

    return {
        method: {name: estimate(values, measures[RANDOM][name]) for name, values in found.items()}
        for method, found in measures.items()
    }
