"""Attributions sum to the difference, with as many points as that takes; where it cannot be, they stay as they are."""

import numpy as np

from classifier.explanation.integration import STEPS, TOLERANCE, gauss_legendre, integrate

KINKS = np.array([0.5, 0.123, 0.777])


def test_points_and_weights():
    points, weights = gauss_legendre(8)
    np.testing.assert_allclose([weights.sum(), (weights * points**15).sum()], [1, 1 / 16])


def slopes(rows, points, weights):
    """Of x, above a kink of each text, twenty times as steep: 1 + 19 (x > kink)."""
    return ((1 + 19 * (points > KINKS[rows][:, None])) * weights).sum(axis=1, keepdims=True)


def test_points_are_doubled_until_it_is_complete():
    wanted = 1 + 19 * (1 - KINKS)
    found, steps = integrate(slopes, wanted, wanted)
    assert (np.abs(found[:, 0] - wanted) <= TOLERANCE * wanted).all()
    assert steps[0] == STEPS[0] < steps.max()


def test_what_cannot_be_complete_is_left_after_the_last_doubling():
    found, steps = integrate(slopes, np.full(3, 100.0), np.ones(3))
    assert (steps == STEPS[-1]).all() and (found < 30).all()
