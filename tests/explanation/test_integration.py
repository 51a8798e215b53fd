"""Attributions sum to the difference, with as many points as necessary, or remain inaccurate."""

import numpy as np

from classifier.explanation.integration import POINTS, ROUNDS, TOLERANCE, gauss_legendre, integrate

JUMPS = np.array([0.123, 0.777])


def smooth_then_a_jump(rows, starts, ends):
    """Integrates 1 + x**3, with an increase by 5 within 0.01 at one position of each path."""
    points, weights = gauss_legendre()
    places = starts[:, None] + (ends - starts)[:, None] * points
    steep = np.abs(places - JUMPS[rows][:, None]) < 0.005
    slopes = ((1 + places**3 + 500 * steep) * weights * (ends - starts)[:, None]).sum(axis=1, keepdims=True)
    inside = np.clip(ends, JUMPS[rows] - 0.005, JUMPS[rows] + 0.005) - np.clip(
        starts, JUMPS[rows] - 0.005, JUMPS[rows] + 0.005
    )
    return slopes, ends - starts + (ends**4 - starts**4) / 4 + 500 * inside


def test_points_and_weights():
    points, weights = gauss_legendre()
    np.testing.assert_allclose([weights.sum(), (weights * points**15).sum()], [1, 1 / 16])


def test_points_gather_where_it_is_steep():
    wanted = np.full(2, 1.25 + 5)
    found, points = integrate(smooth_then_a_jump, wanted)
    assert (np.abs(found[:, 0] - wanted) <= TOLERANCE * wanted).all()
    assert (points < 40 * POINTS).all()  # with equal segments, a hundred would be necessary


def test_a_smooth_path_needs_one_piece():
    found, points = integrate(
        lambda rows, starts, ends: (np.ones((len(rows), 2)), np.full(len(rows), 2.01)), np.full(3, 2.01)
    )
    np.testing.assert_allclose(found, 1)
    assert (points == POINTS).all()


def test_a_rounding_error_is_no_reason_for_more_points():
    """A text of unknown tokens is equal to the start of its path, up to rounding in float32."""
    _, points = integrate(lambda rows, starts, ends: (0 * ends[:, None], np.full(len(rows), 1e-7)), np.zeros(3))
    assert (points == POINTS).all()


def test_what_cannot_be_complete_is_left_after_the_last_round():
    found, points = integrate(lambda rows, starts, ends: (0 * ends[:, None], ends - starts), np.ones(1))
    np.testing.assert_allclose(found, 0)
    assert points[0] > POINTS * ROUNDS
