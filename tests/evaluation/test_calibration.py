"""The expected calibration error in comparison with values computed by hand, and at its limits."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from classifier.evaluation.bootstrap import resampled_indices
from classifier.evaluation.calibration import calibration_rows, reliability_bins
from classifier.evaluation.metrics import evaluate
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


def drawn(examples: int, classes: int, seed: int = 5) -> Scored:
    """Examples whose labels are drawn from their probabilities, and too sure probabilities as those before."""
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.full(classes, 0.5), size=examples)
    labels = (generator.random((examples, 1)) > probabilities.cumsum(axis=1)[:, :-1]).sum(axis=1)
    sure = probabilities**3 / (probabilities**3).sum(axis=1, keepdims=True)
    return replace(scored(labels, probabilities), uncalibrated=sure)


def test_calibration_before_and_after_in_comparison_with_plain_formulas():
    one = drawn(300, 3)
    rows = {(row.stage, row.metric): row for row in calibration_rows(one)}
    after = replace(one, uncalibrated=None)
    before = replace(after, probabilities=one.uncalibrated)
    for stage, values in (("before", before), ("after", after)):
        errors = [plain_error(values.probabilities[:, column], one.labels == column) for column in range(3)]
        assert rows[stage, "classwise_calibration_error"].value == pytest.approx(np.mean(errors))
        expected = reliability_bins(values).calibration_error
        assert rows[stage, "expected_calibration_error"].value == pytest.approx(expected)
        assert rows[stage, "brier_score"].value == pytest.approx(((values.probabilities - one.truth) ** 2).sum() / 300)
        assert rows[stage, "log_loss"].value == pytest.approx(log_loss(one.labels, values.probabilities))
        for metric in ("brier_score", "log_loss"):
            assert rows[stage, metric].low < rows[stage, metric].value < rows[stage, metric].high
    assert all(rows["before", name].value > rows["after", name].value for stage, name in rows if stage == "after")
    assert rows["by chance", "expected_calibration_error"].value == pytest.approx(
        rows["after", "expected_calibration_error"].value, abs=0.03
    )


def plain_error(confidence: np.ndarray, hits: np.ndarray) -> float:
    bins = np.ceil(confidence * 15).clip(1, 15)
    gaps = [abs(hits[bins == one].mean() - confidence[bins == one].mean()) * (bins == one).mean() for one in set(bins)]
    return float(sum(gaps))


def test_resamples_are_those_of_the_bootstrap():
    one = replace(drawn(40, 3), uncalibrated=None)
    (row,) = (
        row for row in calibration_rows(one, resamples=120) if row.metric == "expected_calibration_error" and row.low
    )
    errors = [
        reliability_bins(scored(one.labels[rows], one.probabilities[rows])).calibration_error
        for rows in resampled_indices(40, 120, 0)
    ]
    ends = np.quantile(errors, [0.025, 0.975]) - (np.mean(errors) - row.value)
    assert (row.low, row.high) == pytest.approx(tuple(ends.clip(0)))


def test_calibration_of_several_labels():
    generator = np.random.default_rng(2)
    probabilities = generator.random((500, 3))
    one = scored((generator.random((500, 3)) < probabilities).astype(int), probabilities)
    rows = {row.metric: row.value for row in calibration_rows(one, resamples=0) if row.stage == "after"}
    assert rows["expected_calibration_error"] == pytest.approx(reliability_bins(one).calibration_error)
    assert rows["expected_calibration_error"] < rows["classwise_calibration_error"] < 0.1
    assert rows["log_loss"] == pytest.approx(evaluate(one, resamples=0).metrics["log_loss"])
