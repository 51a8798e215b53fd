"""The expected calibration error in comparison with values computed by hand, and at its limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.evaluation.calibration import reliability_bins
from classifier.evaluation.scored import Scored

pytestmark = pytest.mark.filterwarnings("error")


def scored(labels, probabilities) -> Scored:
    return Scored(np.array(labels), probabilities, [f"class {number}" for number in range(probabilities.shape[1])])


def test_by_hand():
    labels = np.array([0, 1, 0])
    probabilities = np.array([[0.9, 0.1], [0.91, 0.09], [0.6, 0.4]])
    # One bin has 0.9 and 0.91, of which half are right: a gap of 0.405; another has 0.6, which is right: 0.4.
    bins = reliability_bins(scored(labels, probabilities))
    assert bins.calibration_error == pytest.approx((2 * 0.405 + 0.4) / 3)
    assert bins.counts.tolist() == [0] * 8 + [1] + [0] * 4 + [
        2,
        0,
    ]  # 0.6 = 9 / 15 is included in its bin, as in the paper


@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=50))
def test_sure_and_right_is_perfectly_calibrated(labels):
    bins = reliability_bins(scored(labels, np.eye(5)[labels]))
    assert bins.calibration_error == 0
    assert bins.counts[-1] == len(labels)


@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=50))
def test_sure_and_wrong_is_as_badly_calibrated_as_can_be(labels):
    wrong = (np.array(labels) + 1) % 5
    assert reliability_bins(scored(labels, np.eye(5)[wrong])).calibration_error == 1


def test_calibrated_probabilities_have_a_small_error():
    generator = np.random.default_rng(3)
    probabilities = generator.dirichlet(np.ones(3), size=20_000)
    labels = (generator.random((20_000, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)
    assert reliability_bins(scored(labels, probabilities)).calibration_error < 0.02
