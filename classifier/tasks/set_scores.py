"""Scores by which labels belong to the label set of a text."""

import numpy as np
from numpy.typing import NDArray

from classifier.settings import LabelSets


def set_scores(rule: LabelSets, probabilities: NDArray[np.floating]) -> NDArray[np.float32]:
    """Returns the score of each label, (examples, classes), from probabilities of this shape.

    A label belongs to the set if its score reaches a threshold. For `lac`, the score is the probability of the label
    (Sadinle, Lei and Wasserman 2019, "Least ambiguous set-valued classifiers with bounded error levels"). For `aps`, it
    is the probability of all less likely labels and half that of the label, which is 1 minus the generalized inverse
    quantile of Romano, Sesia and Candès 2020, "Classification with valid and adaptive coverage" (equations 4 to 8),
    with 1/2 in place of the random number: all of the label's probability would give too many labels to hard texts. Of
    equally likely labels, the first counts as the most likely.
    """
    probabilities = probabilities.astype(np.float32)
    if rule is LabelSets.lac:
        return probabilities
    order = np.argsort(-probabilities, axis=1, kind="stable")
    ascending = np.take_along_axis(probabilities, order, axis=1)[:, ::-1].astype(np.float64)
    found = ascending / 2
    found[:, 1:] += ascending.cumsum(axis=1)[:, :-1]  # from the smallest, as in the graph: the same bits
    scores = np.empty_like(probabilities)
    np.put_along_axis(scores, order, found[:, ::-1].astype(np.float32), axis=1)
    return scores
