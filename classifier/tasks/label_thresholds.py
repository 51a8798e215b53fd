"""Chooses the thresholds of labels on validation examples, if a text can have several labels."""

import numpy as np
from numpy.typing import NDArray

from classifier.settings import LabelsSettings, Maximize
from classifier.tasks.decision import NEVER

FEWEST_POSITIVE = 10  # validation examples of a label; with fewer, it has the threshold that is best for all labels


def promise_of(chosen: LabelsSettings) -> dict[str, float | str]:
    """Returns what was asked for, by key."""
    if chosen.precision is not None:
        return {"labels.precision": chosen.precision}
    return {"labels.maximize": chosen.maximize.name}


def label_thresholds(
    chosen: LabelsSettings, probabilities: NDArray[np.floating], truth: NDArray[np.bool_]
) -> tuple[float, ...]:
    """Returns the lowest probability with which a text has each label.

    Args:
        chosen: what the thresholds maximize, or the precision that they hold.
        probabilities: probabilities of the validation examples, (examples, classes).
        truth: whether each example has each label, (examples, classes).
    """
    if chosen.precision is not None:
        columns = zip(probabilities.T, truth.T, strict=True)
        return tuple(threshold_for_precision(found, mine, chosen.precision) for found, mine in columns)
    shared = best_threshold(probabilities.ravel(), truth.ravel())
    if chosen.maximize is Maximize.micro_f1:
        return (shared,) * truth.shape[1]
    return tuple(
        best_threshold(found, mine) if mine.sum() >= FEWEST_POSITIVE else shared
        for found, mine in zip(probabilities.T, truth.T, strict=True)
    )


def best_threshold(probabilities: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    """Returns the threshold with the highest F1, halfway to the next lower probability; 0.5 without positives.

    Args:
        probabilities: probabilities, (examples,).
        truth: whether each example is positive, (examples,).
    """
    if not truth.any():
        return 0.5
    order = np.argsort(-probabilities, kind="stable")
    ordered, hits = probabilities[order], np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    f1[:-1][ordered[:-1] == ordered[1:]] = -1  # equal probabilities are predicted together
    return between(ordered, int(f1.argmax()))


def threshold_for_precision(probabilities: NDArray[np.floating], truth: NDArray[np.bool_], precision: float) -> float:
    """Returns the lowest threshold above which the precision holds on validation, halfway to the next probability.

    NEVER if there is none.

    Arguments as for `best_threshold`; `precision` is the share of positives among the predicted.
    """
    order = np.argsort(-probabilities, kind="stable")
    ordered, hits = probabilities[order], np.cumsum(truth[order])
    held = hits / np.arange(1, len(order) + 1) >= precision
    held[:-1][ordered[:-1] == ordered[1:]] = False
    return between(ordered, int(np.flatnonzero(held)[-1])) if held.any() else NEVER


def between(ordered: NDArray[np.floating], last: int) -> float:
    """Returns the middle between a probability and the next lower one, or zero; `ordered` is descending."""
    lower = ordered[last + 1] if last + 1 < len(ordered) else 0.0
    return float((ordered[last] + lower) / 2)
