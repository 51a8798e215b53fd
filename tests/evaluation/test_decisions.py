"""Metrics of accepted answers and label sets."""

import numpy as np
import pytest

from classifier.evaluation.decisions import decision_metrics, risk_coverage
from classifier.evaluation.plots import risk_coverage as picture
from classifier.evaluation.scored import Scored
from classifier.tasks import NEVER, NO_DECISION, Decision

LABELS = [0, 1, 1, 0]
PROBABILITIES = [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]]  # right, right, wrong, wrong


def scored(decision: Decision) -> Scored:
    return Scored(LABELS, PROBABILITIES, ["a", "b"], decision=decision)  # pyright: ignore[reportArgumentType]


def test_the_risk_grows_with_the_coverage():
    shares, risks = risk_coverage(scored(NO_DECISION))
    assert shares.tolist() == [0.25, 0.5, 0.75, 1]
    np.testing.assert_allclose(risks, [0, 0, 1 / 3, 1 / 2])
    assert decision_metrics(scored(NO_DECISION)) == {"risk_coverage_area": pytest.approx(5 / 24)}


def test_accepted_answers_and_label_sets():
    metrics = decision_metrics(scored(Decision(0.7, (0.35, 0.6))))
    assert metrics["accepted"] == 0.75
    assert metrics["accepted_precision"] == pytest.approx(2 / 3)
    assert metrics["coverage"] == 0.75  # {a}, {b}, {a} for b, {a, b} for a
    assert metrics["mean_set_size"] == 1.25


def test_without_accepted_answers_there_is_no_precision():
    metrics = decision_metrics(scored(Decision(NEVER)))
    assert metrics["accepted"] == 0
    assert "accepted_precision" not in metrics


def test_the_picture_shows_the_threshold():
    lines = picture(scored(Decision(0.7))).axes[0].lines
    assert list(lines[1].get_xdata()) == [0.75, 0.75]
    assert len(picture(scored(NO_DECISION)).axes[0].lines) == 1
