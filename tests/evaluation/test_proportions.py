"""Intervals of proportions, held to SciPy's."""

import numpy as np
import pytest
from scipy.stats import binomtest

from classifier.evaluation.proportions import (
    f1_limits,
    mean_interval,
    paired_interval,
    smallest_difference,
    wilson_limits,
)


@pytest.mark.parametrize(("hits", "examples"), [(0, 1), (3, 3), (7, 11), (160, 320), (1, 5003)])
def test_wilson_is_that_of_scipy(hits, examples):
    expected = binomtest(hits, examples).proportion_ci(method="wilson")
    assert wilson_limits(hits, examples) == pytest.approx((expected.low, expected.high))


def test_f1_is_between_its_limits():
    hits, support, predicted = np.array([5, 0, 7]), np.array([9, 3, 7]), np.array([6, 0, 7])
    low, high = f1_limits(hits, support, predicted)
    f1 = 2 * hits / (support + predicted)
    assert (low <= f1).all() and (f1 <= high).all() and low[2] < 1


def test_the_mean_of_many_is_known_better_than_each():
    values, low, high = np.full(16, 0.5), np.full(16, 0.3), np.full(16, 0.7)
    interval = mean_interval(values, low, high)
    assert (interval.low, interval.high) == pytest.approx((0.45, 0.55))


def test_a_paired_difference():
    assert paired_interval(0, 0, 9).high > 0.25
    interval = paired_interval(70, 40, 1000)
    half = 1.96 * np.sqrt(0.11 - 0.03**2) / np.sqrt(1000)
    assert (interval.low, interval.high) == pytest.approx((0.03 - half, 0.03 + half), abs=0.003)


def test_more_examples_show_smaller_differences():
    assert smallest_difference(1.0, 3) > 0.5
    assert smallest_difference(0.84, 320) == pytest.approx(0.05, abs=0.01)
    assert smallest_difference(0.84, 32_000) < 0.006
