"""The integral of integrated gradients, with as many points on the path as completeness requires."""

from collections.abc import Callable

import numpy as np

from classifier.explanation.explanation import LEAST, Array

TOLERANCE = 0.01  # maximum error of the sum of the attributions, as a share of the difference
SETTLED = 0.1  # share of the tolerance below which a segment of the path is not divided further
POINTS = 8  # per segment of the path
ROUNDS = 12  # maximum number of times that segments are halved


def gauss_legendre() -> tuple[Array, Array]:
    """Returns points between 0 and 1 and their weights, which sum to 1, both of shape (POINTS,)."""
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    return (points + 1) / 2, weights / 2


def integrate(
    attribute: Callable[[np.ndarray, Array, Array], tuple[Array, Array]], differences: Array
) -> tuple[Array, np.ndarray]:
    """Returns attributions (texts, tokens), and the number of points on the path of each text (texts,).

    The attributions of any segment of the path must sum to the difference of its ends (Sundararajan et al. 2017,
    proposition 1). If those of a text do not sum to the total difference, the inaccurate segments are halved, so that
    there are more points where the function is steep. After the last round, they remain as they are.

    Args:
        attribute: function from text indices, and starts and ends of segments of their paths, to attributions
            (segments, tokens) and differences (segments,).
        differences: total differences of shape (texts,), which determine the tolerance.
    """
    texts = len(differences)
    allowed = TOLERANCE * np.maximum(np.abs(differences), LEAST)
    rows, starts, ends = np.arange(texts), np.zeros(texts), np.ones(texts)
    attributions, missed, points = np.zeros((texts, 0)), np.zeros(texts), np.zeros(texts, np.int64)
    for round_ in range(ROUNDS):
        found, rises = attribute(rows, starts, ends)
        points += POINTS * np.bincount(rows, minlength=texts)
        errors = found.sum(axis=1) - rises
        complete = np.abs(missed + np.bincount(rows, errors, minlength=texts)) <= allowed
        settled = complete[rows] | (np.abs(errors) <= SETTLED * allowed[rows]) | (round_ == ROUNDS - 1)
        if not attributions.size:
            attributions = np.zeros((texts, found.shape[1]))
        np.add.at(attributions, rows[settled], found[settled])
        np.add.at(missed, rows[settled], errors[settled])
        rows, starts, ends = rows[~settled], starts[~settled], ends[~settled]
        if not len(rows):
            break
        middles = (starts + ends) / 2
        rows, starts, ends = np.tile(rows, 2), np.append(starts, middles), np.append(middles, ends)
    return attributions, points
