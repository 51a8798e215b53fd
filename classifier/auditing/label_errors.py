"""Finds labels that are probably wrong by confident learning (Northcutt, Jiang and Chuang 2021, JAIR 70).

A text is suspicious if the model, which has not seen it, is as confident of another class as it usually is of the texts
with that label (the confident joint, equation 1).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FEWEST_TEXTS = 10  # of a class, for its models to know it: each has seen four fifths of them


class LabelErrors(NamedTuple):
    """The labels of texts, by how probably they are wrong.

    Args:
        scores: the probability that the label is wrong by these probabilities, (texts,).
        suggested: the class that the text has instead, (texts,): the most likely one other than the label.
        suspicious: whether the label is probably wrong, (texts,).
    """

    scores: NDArray[np.float64]
    suggested: NDArray[np.int64]
    suspicious: NDArray[np.bool_]


def label_errors(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> LabelErrors:
    """Compares labels with probabilities of models that were not trained on the texts.

    Args:
        probabilities: probabilities of shape (texts, classes).
        labels: classes of the texts, (texts,).
    """
    texts = np.arange(len(labels))
    own = probabilities[texts, labels].astype(np.float64)
    others = probabilities.astype(np.float64)
    others[texts, labels] = -1
    suggested = others.argmax(axis=1)
    counts = np.bincount(labels, minlength=probabilities.shape[1])
    usual = np.bincount(labels, own, minlength=probabilities.shape[1]) / np.maximum(counts, 1)
    learned = counts >= FEWEST_TEXTS
    confident = np.where((probabilities >= usual) & learned, probabilities, -1)
    confident_of = confident.argmax(axis=1)
    suspicious = (confident.max(axis=1) >= 0) & (confident_of != labels) & learned[labels]
    return LabelErrors(1 - own, np.where(suspicious, confident_of, suggested), suspicious)
