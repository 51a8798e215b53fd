"""The integral of integrated gradients, with as many points on the path as its completeness needs."""

from collections.abc import Callable

import numpy as np

from classifier.explanation.explanation import Array

TOLERANCE = 0.01  # of the difference, by which the attributions may fail to sum to it
STEPS = (8, 16, 32, 64, 128, 256)


def gauss_legendre(steps: int) -> tuple[Array, Array]:
    """Points between 0 and 1 and their weights, which sum to one, (steps,) each."""
    points, weights = np.polynomial.legendre.leggauss(steps)
    return (points + 1) / 2, weights / 2


def integrate(
    attribute: Callable[[np.ndarray, Array, Array], Array], wanted: Array, differences: Array
) -> tuple[Array, np.ndarray]:
    """Attributions (texts, tokens) that sum to what is wanted, and how many points each text took, (texts,).

    The points are doubled for those texts that are not yet complete (Sundararajan et al. 2017, proposition 1 and the
    advice of section 5 to check it); after the last doubling they stay as they are.

    Args:
        attribute: texts, points and weights to the attributions of these texts.
        wanted: sum of each text's attributions, (texts,).
        differences: the sum may be off by TOLERANCE of this, (texts,).
    """
    left = np.arange(len(wanted))
    attributions, taken = np.zeros((len(wanted), 0)), np.zeros(len(wanted), np.int64)
    for steps in STEPS:
        found = attribute(left, *gauss_legendre(steps))
        if not attributions.size:
            attributions = np.zeros((len(wanted), found.shape[1]))
        attributions[left], taken[left] = found, steps
        left = left[np.abs(found.sum(axis=1) - wanted[left]) > TOLERANCE * np.abs(differences[left])]
        if not len(left):
            break
    return attributions, taken
