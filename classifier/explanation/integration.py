"""The integral of integrated gradients, with as many points on the path as its completeness needs."""

from collections.abc import Callable

import numpy as np

from classifier.explanation.explanation import LEAST, Array

TOLERANCE = 0.01  # of the difference, by which the attributions may fail to sum to it
SETTLED = 0.1  # of the tolerance: a piece of the path that fails by less is cut no further
POINTS = 8  # of a piece of the path
ROUNDS = 12  # of cutting pieces in two


def gauss_legendre() -> tuple[Array, Array]:
    """Points between 0 and 1 and their weights, which sum to one, (POINTS,) each."""
    points, weights = np.polynomial.legendre.leggauss(POINTS)
    return (points + 1) / 2, weights / 2


def integrate(
    attribute: Callable[[np.ndarray, Array, Array], tuple[Array, Array]], differences: Array
) -> tuple[Array, np.ndarray]:
    """Attributions (texts, tokens), and at how many points of the path they were computed, (texts,).

    The attributions of any piece of the path must sum to the rise along it (Sundararajan et al. 2017, proposition 1).
    Where those of a text do not sum to the whole, the pieces that fail are cut in two, so that the points gather where
    the function is steep; after the last round they stay as they are.

    Args:
        attribute: texts, beginnings and ends of pieces of their paths to attributions (pieces, tokens) and rises
            (pieces,).
        differences: the sum may be off by TOLERANCE of this, or of LEAST where it is smaller, (texts,).
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
