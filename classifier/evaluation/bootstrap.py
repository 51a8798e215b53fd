"""Percentile intervals of the nonparametric bootstrap.

Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3: resample the examples with replacement,
recompute the metric, and take the 2.5th and the 97.5th percentile of the results.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval from `low` to `high`, in the unit of its metric."""

    low: float
    high: float


def resampled_indices(examples: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yields `resamples` arrays of row indices (examples,), drawn with replacement; reproducible with the seed."""
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        yield generator.integers(examples, size=examples)


def resampled_metrics(
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    losses: NDArray[np.float64] | None = None,
    *,
    classes: int,
    resamples: int,
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    """Returns the metrics of all resamples, each of shape (resamples,).

    Labels, predictions and losses have the shape (examples,). Without losses, log_loss is omitted. Only the counts per
    class are computed for each resample, and the metrics are computed from these counts for all resamples together.
    They equal scikit-learn's metrics on the same rows (tests/evaluation/test_bootstrap.py), but are a thousand times
    faster.
    """
    hit = labels == predicted
    counts = np.empty((3, resamples, classes), dtype=np.int64)  # hits, examples and predictions of each class
    loss = np.empty(resamples)
    for row, drawn in enumerate(resampled_indices(len(labels), resamples, seed)):
        drawn_labels = labels[drawn]
        counts[0, row] = np.bincount(drawn_labels[hit[drawn]], minlength=classes)
        counts[1, row] = np.bincount(drawn_labels, minlength=classes)
        counts[2, row] = np.bincount(predicted[drawn], minlength=classes)
        if losses is not None:
            loss[row] = losses[drawn].mean()
    scores = {"accuracy": counts[0].sum(axis=1) / len(labels), **macro_scores(*counts)}
    return scores if losses is None else {**scores, "log_loss": loss}


def macro_scores(
    hits: NDArray[np.int64], support: NDArray[np.int64], predicted: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Returns macro precision, recall and F1, each of shape (resamples,), from counts (resamples, classes).

    As in scikit-learn with zero_division=0, a class is included if it occurs in the labels or predictions.
    """
    occurring = np.maximum(np.count_nonzero(support + predicted, axis=1), 1)  # texts may all be without labels

    def mean_ratio(numerator: NDArray[np.int64], denominator: NDArray[np.int64]) -> NDArray[np.float64]:
        return (numerator / np.maximum(denominator, 1)).sum(axis=1) / occurring

    return {
        "macro_precision": mean_ratio(hits, predicted),
        "macro_recall": mean_ratio(hits, support),
        "macro_f1": mean_ratio(2 * hits, support + predicted),
    }


def percentile_interval(values: NDArray[np.float64]) -> Interval:
    """Returns the central 95 % interval of values (resamples,)."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(float(low), float(high))
