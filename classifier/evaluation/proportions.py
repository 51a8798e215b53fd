"""Intervals of proportions that also hold for a few examples, where the bootstrap is too narrow: 3 of 3 is not 100 %.

Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927; Zou and Donner, Construction of
confidence limits about effect measures: a general approach, 2008, for means of several proportions.
"""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.evaluation.bootstrap import Interval

Z = 1.959963984540054  # quantile of the normal distribution for 95 %


def wilson_limits(hits: ArrayLike, examples: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the ends of the 95 % intervals of `hits` out of `examples`, both of any shape; 0 and 1 without examples.

    >>> [end.round(3).tolist() for end in wilson_limits([3, 0, 0], [3, 3, 0])]
    [[0.438, 0.0, 0.0], [1.0, 0.562, 1.0]]
    """
    hits, examples = np.asarray(hits, np.float64), np.asarray(examples, np.float64)
    count = np.maximum(examples, 1)
    share = hits / count
    center = share + Z**2 / (2 * count)
    half = Z * np.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    scale = 1 + Z**2 / count
    low, high = (center - half) / scale, (center + half) / scale
    return np.where(hits > 0, low, 0.0), np.where(hits < examples, high, 1.0)


def wilson_interval(hits: float, examples: int) -> Interval:
    """Returns the 95 % interval of a proportion."""
    low, high = wilson_limits(hits, examples)
    return Interval(float(low), float(high))


def f1_limits(hits: ArrayLike, support: ArrayLike, predicted: ArrayLike) -> tuple[NDArray, NDArray]:
    """Returns the ends of the 95 % intervals of F1, which grows with the share of hits among support or predictions.

    Args:
        hits, support, predicted: true positives, examples and predictions of each class, of shape (classes,).
    """
    hits = np.asarray(hits)
    low, high = wilson_limits(hits, np.asarray(support) + np.asarray(predicted) - hits)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def mean_interval(values: NDArray, low: NDArray, high: NDArray) -> Interval:
    """Returns the interval of the mean of independent values (classes,) from their intervals (Zou and Donner)."""
    mean, count = float(values.mean()), len(values)
    return Interval(
        max(0.0, mean - sqrt(float(((values - low) ** 2).sum())) / count),
        min(1.0, mean + sqrt(float(((high - values) ** 2).sum())) / count),
    )


def paired_interval(gained: int, lost: int, examples: int) -> Interval:
    """Returns the 95 % interval of a difference of accuracy on the same examples (Zou and Donner).

    Args:
        gained, lost: examples that only the first or only the second model gets right.
        examples: number of examples.
    """
    low, high = wilson_limits([gained, lost], examples)
    up, down = gained / examples, lost / examples
    return Interval(
        up - down - sqrt((up - float(low[0])) ** 2 + (float(high[1]) - down) ** 2),
        up - down + sqrt((float(high[0]) - up) ** 2 + (down - float(low[1])) ** 2),
    )


def smallest_difference(accuracy: float, examples: int) -> float:
    """Returns the smallest difference of accuracy to another model that is significant on the same examples.

    The models are assumed to disagree on as many examples as this model gets wrong, for which the upper end of its
    interval is taken (McNemar's test, normal approximation).
    """
    wrong = round((1 - accuracy) * examples)
    return Z * sqrt(wilson_interval(wrong, examples).high / examples)
