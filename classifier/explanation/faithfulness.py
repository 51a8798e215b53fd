"""Does the answer change when the words that an explanation names are taken away? Measured against random words.

m(x) is the probability of the class predicted for the whole text. Of the words that count most by an explanation, a
growing share is taken away (deletion) or alone is kept (insertion).

comprehensiveness = m(x) - m(x without them), the higher the better   (DeYoung et al. 2020, ERASER, equation 1)
sufficiency       = m(x) - m(them alone), the lower the better        (equation 2)

both as means over the top 1, 5, 10, 20 and 50 % of the words, the bins of the paper.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from classifier.evaluation.bootstrap import Interval, percentile_interval, resampled_indices
from classifier.explanation.explanation import METHODS, Array, Explanation

FRACTIONS = (0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1)  # of the words
BINS = (0.01, 0.05, 0.1, 0.2, 0.5)  # DeYoung et al. 2020, section 4
RANDOM, RANDOM_ORDERS = "random", 3  # orders of each text that are averaged
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Curves:
    """Probability of the predicted class of each text at each of FRACTIONS, both (texts, fractions)."""

    deletion: Array
    insertion: Array

    def measures(self) -> dict[str, Array]:
        """By name, one value for each text, (texts,)."""
        bins = [FRACTIONS.index(share) for share in BINS]
        whole = self.deletion[:, :1]
        return {
            "comprehensiveness": (whole - self.deletion[:, bins]).mean(axis=1),
            "sufficiency": (whole - self.insertion[:, bins]).mean(axis=1),
            "deletion_area": np.trapezoid(self.deletion, FRACTIONS, axis=1),
            "insertion_area": np.trapezoid(self.insertion, FRACTIONS, axis=1),
        }


BETTER = {"comprehensiveness": 1, "sufficiency": -1, "deletion_area": -1, "insertion_area": 1}  # 1: the higher


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over texts with its 95 % interval, and how far it is above that of random words."""

    mean: float
    interval: Interval
    above_random: float
    above_interval: Interval


def verdict(row: Mapping[str, Estimate]) -> str:
    """Whether the words beat random ones by both measures of ERASER, by one or by none, as the intervals tell."""
    names = ("comprehensiveness", "sufficiency")
    beaten = [name for name in names if min(BETTER[name] * end for end in ends(row[name].above_interval)) > 0]
    return "yes" if len(beaten) == 2 else f"by {beaten[0]} only" if beaten else "no"


def ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def ranking(scores: Array, random: np.random.Generator) -> np.ndarray:
    """Places of the words, the highest score first; equal ones in random order."""
    return np.lexsort((random.random(len(scores)), -np.asarray(scores)))


def split_texts(words: Sequence[str], order: np.ndarray, fraction: float) -> tuple[str, str]:
    """The text without the first words of the order, and of these alone; a part of a word counts as one.

    >>> split_texts(["good", "old", "film"], np.array([0, 2, 1]), 0.5)
    ('old', 'good film')
    """
    chosen = set(order[: ceil(fraction * len(words) - 1e-9)].tolist())
    deleted = " ".join(word for place, word in enumerate(words) if place not in chosen)
    return deleted, " ".join(word for place, word in enumerate(words) if place in chosen)


def faithfulness_curves(
    explanations: Sequence[Explanation], classify: Callable[[list[str]], Array], seed: int
) -> dict[str, Curves]:
    """The curves of each method that all the explanations have, and of random words.

    Args:
        explanations: of texts with words.
        classify: texts to probabilities (texts, classes); asked once for each different text.
        seed: of the random orders.
    """
    random = np.random.default_rng(seed)
    methods = [name for name in METHODS if all(name in one.scores for one in explanations)]
    orders = {method: [[ranking(one.scores[method], random)] for one in explanations] for method in methods}
    drawn = [[random.permutation(len(one.words)) for _ in range(RANDOM_ORDERS)] for one in explanations]
    texts = {
        method: [
            [[split_texts(one.words, order, share) for share in FRACTIONS] for order in some]
            for one, some in zip(explanations, every, strict=True)
        ]
        for method, every in {**orders, RANDOM: drawn}.items()
    }
    different = list(dict.fromkeys(text for all_of in texts.values() for text in flattened(all_of)))
    probabilities = dict(zip(different, classify(different), strict=True))

    def mean_curves(method: str) -> Curves:
        found = np.array(
            [
                np.mean(
                    [[[probabilities[text][one.predicted] for text in pair] for pair in pairs] for pairs in some],
                    axis=0,
                )
                for one, some in zip(explanations, texts[method], strict=True)
            ]
        )
        return Curves(found[..., 0], found[..., 1])

    return {method: mean_curves(method) for method in texts}


def flattened(texts: Sequence[Sequence[Sequence[tuple[str, str]]]]) -> list[str]:
    return [text for some in texts for pairs in some for pair in pairs for text in pair]


def faithfulness_table(curves: Mapping[str, Curves], seed: int) -> dict[str, dict[str, Estimate]]:
    """Of each method, random words last, an estimate of each measure; differences are paired, text by text."""
    measures = {method: found.measures() for method, found in curves.items()}
    texts = len(next(iter(curves.values())).deletion)
    drawn = list(resampled_indices(texts, RESAMPLES, seed))

    def estimate(values: Array, random: Array) -> Estimate:
        above = values - random
        intervals = [percentile_interval(np.array([some[rows].mean() for rows in drawn])) for some in (values, above)]
        return Estimate(float(values.mean()), intervals[0], float(above.mean()), intervals[1])

    return {
        method: {name: estimate(values, measures[RANDOM][name]) for name, values in found.items()}
        for method, found in measures.items()
    }
