"""Metrics of a model that recognizes texts of none of its classes."""

import numpy as np
import pytest

from classifier.evaluation.metrics import evaluate
from classifier.evaluation.none_of_these import none_intervals, none_metrics
from classifier.evaluation.scored import Scored

LABELS = [0, 1, 1, 2, 2]  # the last class is that of none of the others
PROBABILITIES = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.3, 0.5], [0.1, 0.1, 0.8], [0.5, 0.2, 0.3]]


def scored(rows: slice = slice(None), has_none: bool = True) -> Scored:
    return Scored(np.array(LABELS[rows]), np.array(PROBABILITIES[rows]), ["a", "b", "none"], has_none=has_none)


def test_none_of_these_is_a_wrong_answer_for_a_text_of_a_class():
    metrics = evaluate(scored(), resamples=10).metrics
    assert metrics["in_scope_accuracy"] == pytest.approx(2 / 3)
    assert metrics["out_of_scope_recall"] == 0.5
    assert metrics["out_of_scope_auroc"] == pytest.approx(5 / 6)
    assert metrics["accuracy"] == pytest.approx(3 / 5)


def test_the_shares_have_intervals():
    assert set(none_intervals(scored())) == {"in_scope_accuracy", "out_of_scope_recall"}


def test_without_such_texts_only_the_others_are_measured():
    assert none_metrics(scored(slice(0, 3))) == {"in_scope_accuracy": pytest.approx(2 / 3)}
    assert none_metrics(scored(slice(3, 5))) == {"out_of_scope_recall": 0.5}


def test_a_last_class_like_any_other_has_no_such_metrics():
    assert none_metrics(scored(has_none=False)) == none_intervals(scored(has_none=False)) == {}
