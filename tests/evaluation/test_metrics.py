"""All metrics equal those of scikit-learn, on ordinary and unusual splits."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from classifier.errors import UserError
from classifier.evaluation.metrics import evaluate, headline
from classifier.evaluation.scored import Scored

pytestmark = pytest.mark.filterwarnings("error")
SIZES = [(211, 2), (211, 3), (503, 8), (701, 77), (1009, 150)]


def names(classes):
    return [f"class {number}" for number in range(classes)]


def evaluated(labels, probabilities):
    return evaluate(Scored(labels, probabilities, names(np.shape(probabilities)[1])), resamples=0)


@pytest.mark.parametrize(("examples", "classes"), SIZES)
def test_equals_scikit_learn(simulate, examples, classes):
    labels, probabilities = simulate(examples, classes)
    exact = probabilities / probabilities.sum(axis=1, keepdims=True, dtype=np.float64)
    predicted, one_hot = exact.argmax(axis=1), np.eye(classes)[labels]
    expected = {
        "examples": examples,
        "accuracy": sklearn_metrics.accuracy_score(labels, predicted),
        "log_loss": sklearn_metrics.log_loss(labels, exact, labels=range(classes)),
        "matthews_correlation": sklearn_metrics.matthews_corrcoef(labels, predicted),
        "roc_auc": sklearn_metrics.roc_auc_score(one_hot, exact),
        "average_precision": sklearn_metrics.average_precision_score(one_hot, exact),
        "brier_score": ((exact - one_hot) ** 2).sum(axis=1).mean(),
    }
    for average in ("macro", "weighted"):
        for name in ("precision", "recall", "f1"):
            score = getattr(sklearn_metrics, f"{name}_score")
            expected[f"{average}_{name}"] = score(labels, predicted, average=average, zero_division=0)
    metrics = evaluated(labels, probabilities).metrics
    assert 0 < metrics.pop("expected_calibration_error") < 1
    assert 0 < metrics.pop("classwise_calibration_error") < 1
    assert 0 < metrics.pop("risk_coverage_area") < 1
    assert metrics == pytest.approx(expected)


def test_multi_class_roc_auc_is_one_against_the_rest(simulate):
    labels, probabilities = simulate(503, 8)
    exact = probabilities / probabilities.sum(axis=1, keepdims=True, dtype=np.float64)
    expected = sklearn_metrics.roc_auc_score(labels, exact, multi_class="ovr", average="macro")
    assert evaluated(labels, probabilities).metrics["roc_auc"] == pytest.approx(expected)


def test_binary_roc_auc_is_the_usual_one(simulate):
    labels, probabilities = simulate(211, 2)
    expected = sklearn_metrics.roc_auc_score(labels, probabilities[:, 1])
    assert evaluated(labels, probabilities).metrics["roc_auc"] == pytest.approx(expected)


@pytest.mark.parametrize(("examples", "classes"), SIZES)
def test_headline_is_part_of_the_evaluation(simulate, examples, classes):
    labels, probabilities = simulate(examples, classes)
    metrics = evaluated(labels, probabilities).metrics
    few = headline(labels, probabilities)
    assert list(few) == ["accuracy", "macro_precision", "macro_recall", "macro_f1", "log_loss"]
    assert few == pytest.approx({name: metrics[name] for name in few})


def test_each_class_has_its_row(simulate):
    labels, probabilities = simulate(211, 3)
    row = evaluate(Scored(labels, probabilities, ["a", "b", "c"]), resamples=0).per_class[1]
    own, predicted = labels == 1, probabilities.argmax(axis=1) == 1
    assert (row.label, row.support) == ("b", own.sum())
    assert row.precision == pytest.approx(sklearn_metrics.precision_score(own, predicted))
    assert row.recall == pytest.approx(sklearn_metrics.recall_score(own, predicted))
    assert row.f1 == pytest.approx(sklearn_metrics.f1_score(own, predicted))
    assert row.roc_auc == pytest.approx(sklearn_metrics.roc_auc_score(own, probabilities[:, 1]), abs=1e-6)


def test_an_absent_class_has_no_ranking(simulate):
    evaluation = evaluate(Scored(*simulate(101, 5, absent=(2,)), names(5)), resamples=11)
    assert "roc_auc" not in evaluation.metrics and "average_precision" not in evaluation.metrics
    absent = evaluation.per_class[2]
    assert (absent.support, absent.recall, absent.roc_auc, absent.average_precision) == (0, 0, None, None)
    assert evaluation.per_class[0].roc_auc is not None
    assert all(np.isfinite([interval.low, interval.high]).all() for interval in evaluation.intervals.values())


def test_a_single_example():
    evaluation = evaluate(Scored([1], [[0.2, 0.8]], ["ham", "spam"]), resamples=11)
    assert evaluation.metrics["accuracy"] == evaluation.metrics["macro_f1"] == 1
    assert evaluation.metrics["matthews_correlation"] == 0
    assert evaluation.metrics["log_loss"] == pytest.approx(-np.log(0.8))
    assert evaluation.intervals["accuracy"].low == pytest.approx(0.2065, abs=1e-4)


@pytest.mark.parametrize("examples", [3, 12, 60])
def test_without_a_mistake_no_interval_is_a_point(examples):
    labels = np.arange(examples) % 3
    evaluation = evaluate(Scored(labels, np.eye(3)[labels], names(3)))
    for name in ("accuracy", "macro_precision", "macro_recall", "macro_f1"):
        interval = evaluation.intervals[name]
        assert interval.high == 1 and interval.low < 1 - 1 / examples
    row = evaluation.per_class[0]
    assert row.f1 == row.f1_high == 1 and row.precision_low == row.recall_low < 1


def test_intervals_of_small_test_sets_cover_the_truth():
    """40 examples, each right with probability 0.9, which is also the expected macro F1."""
    random = np.random.default_rng(5)
    covered = {"accuracy": 0, "macro_f1": 0}
    for _ in range(100):
        labels = np.arange(40) % 4
        answers = np.where(random.random(40) < 0.9, labels, random.integers(1, 4, 40) + labels) % 4
        found = evaluate(Scored(labels, np.eye(4)[answers], names(4)), resamples=199).intervals
        for name in covered:
            covered[name] += found[name].low <= 0.9 <= found[name].high
    assert all(count >= 90 for count in covered.values()), covered


def test_all_predictions_in_one_class():
    metrics = evaluated([0, 1, 2, 0], [[0.8, 0.1, 0.1]] * 4).metrics
    assert metrics["accuracy"] == 0.5
    assert metrics["macro_recall"] == pytest.approx(1 / 3)
    assert metrics["matthews_correlation"] == 0
    assert metrics["roc_auc"] == 0.5


def test_sure_and_wrong_costs_a_finite_loss():
    evaluation = evaluate(Scored([0, 1], np.array([[0, 1], [0, 1]], np.float32), ["a", "b"]), resamples=11)
    assert evaluation.metrics["log_loss"] == pytest.approx(-np.log(np.finfo(float).eps) / 2)
    assert np.isfinite(evaluation.intervals["log_loss"].high)


def test_intervals_hold_their_numbers(simulate):
    evaluation = evaluate(Scored(*simulate(997, 3), names(3)), resamples=199)
    assert list(evaluation.intervals) == [
        *("accuracy", "macro_precision", "macro_recall", "macro_f1", "log_loss"),
        *("expected_calibration_error", "classwise_calibration_error", "brier_score"),
    ]
    for name, interval in evaluation.intervals.items():
        assert interval.low < evaluation.metrics[name] < interval.high


@pytest.mark.parametrize("score", [evaluated, headline])
def test_nan_is_a_user_error(score):
    with pytest.raises(UserError, match="NaN"):
        score([0, 1], [[0.5, 0.5], [np.nan, np.nan]])


def test_names_must_fit():
    with pytest.raises(ValueError, match="3 label names for 2 columns"):
        evaluate(Scored([0, 1], [[0.5, 0.5]] * 2, ["a", "b", "c"]))


@settings(max_examples=12, deadline=None)
@given(data=st.data(), examples=st.integers(1, 40), classes=st.integers(2, 6))
def test_the_order_of_the_examples_does_not_matter(data, examples, classes, simulate):
    labels, probabilities = simulate(examples, classes, seed=data.draw(st.integers(0, 999)))
    order = data.draw(st.permutations(range(examples)))
    one, other = evaluated(labels, probabilities), evaluated(labels[order], probabilities[order])
    assert other.metrics == pytest.approx(one.metrics)
    assert [(row.label, row.support, row.f1) for row in other.per_class] == [
        (row.label, row.support, row.f1) for row in one.per_class
    ]


def test_importing_is_light():
    heavy = "['sklearn', 'matplotlib', 'pyarrow', 'scipy', 'keras', 'mlflow']"
    program = (
        "import sys, classifier.evaluation, classifier.evaluation.metrics, classifier.evaluation.mistakes\n"
        f"assert not set({heavy}) & set(sys.modules), set({heavy}) & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
