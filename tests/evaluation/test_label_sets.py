"""Metrics of several labels per text equal those of scikit-learn."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn import metrics as sklearn_metrics

from classifier.errors import UserError
from classifier.evaluation.metrics import evaluate, headline
from classifier.evaluation.mistakes import confident_mistakes, predictions_table
from classifier.evaluation.plots import figures
from classifier.evaluation.scored import NO_LABEL, Scored
from classifier.tasks import Decision

NAMES = ["a", "b", "c", "d", "e"]
HALF = Decision(label_from=(0.5,) * 5)


def draw(examples: int, seed: int, shift: float = -1.0) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels (examples, 5), and calibrated probabilities of this shape."""
    random = np.random.default_rng(seed)
    probabilities = expit(random.normal(shift, 2, (examples, 5)))
    return (random.random(probabilities.shape) < probabilities).astype(np.int8), probabilities


def scored(labels, probabilities) -> Scored:
    texts = [f"text {row}" for row in range(len(labels))]
    return Scored(labels, probabilities, NAMES, texts, [f"in.csv:{row}" for row in range(len(labels))], HALF)


@pytest.mark.parametrize("seed", range(3))
def test_equals_scikit_learn(seed):
    labels, probabilities = draw(211, seed)
    evaluation = evaluate(scored(labels, probabilities), resamples=0)
    metrics, answers = evaluation.metrics, probabilities >= 0.5
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(labels, answers),
        "hamming_loss": sklearn_metrics.hamming_loss(labels, answers),
        "label_ranking_average_precision": sklearn_metrics.label_ranking_average_precision_score(labels, probabilities),
        "roc_auc": sklearn_metrics.roc_auc_score(labels, probabilities),
        "log_loss": sum(sklearn_metrics.log_loss(labels[:, c], probabilities[:, c], labels=[0, 1]) for c in range(5)),
    }
    for average in ("macro", "micro", "weighted"):
        for name in ("precision", "recall", "f1"):
            score = getattr(sklearn_metrics, f"{name}_score")
            expected[f"{average}_{name}"] = score(labels, answers, average=average, zero_division=0)
    full = (labels.sum(axis=1) > 0) | (answers.sum(axis=1) > 0)  # both empty is right, unlike in scikit-learn
    f1 = sklearn_metrics.f1_score(labels[full], answers[full], average="samples", zero_division=0)
    expected["samples_f1"] = (f1 * full.sum() + (~full).sum()) / len(full)
    assert {name: metrics[name] for name in expected} == pytest.approx(expected)
    for number, row in enumerate(evaluation.per_class):
        assert row.f1 == pytest.approx(sklearn_metrics.f1_score(labels[:, number], answers[:, number]))
        assert row.support == labels[:, number].sum() and row.f1_low < row.f1 < row.f1_high


def test_calibrated_probabilities_have_a_small_error_and_intervals_contain_the_value():
    evaluation = evaluate(scored(*draw(4001, 7)), resamples=200)
    assert evaluation.metrics["expected_calibration_error"] < 0.01
    for name in ("accuracy", "macro_f1", "micro_f1", "log_loss"):
        interval = evaluation.intervals[name]
        assert interval.low < evaluation.metrics[name] < interval.high


def test_the_metrics_of_an_epoch_are_those_at_one_half():
    labels, probabilities = draw(53, 5)
    few, whole = headline(labels, probabilities), evaluate(scored(labels, probabilities), resamples=0).metrics
    assert few == pytest.approx({name: whole[name] for name in few}) and "micro_f1" in few


def test_the_surest_mistakes_come_first_and_name_all_labels():
    probabilities = np.array([[0.9, 0.6, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.1, 0.45], [0.2] * 5])
    labels = np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 1], [0] * 5], np.int8)
    first, second = confident_mistakes(scored(labels, probabilities))
    assert (first.label, first.predicted, first.probability) == ("b, e", NO_LABEL, pytest.approx(0.9))
    assert (second.label, second.predicted, second.probability) == ("a", "a, b", pytest.approx(0.6))


def test_the_table_of_predictions_has_lists():
    labels, probabilities = draw(23, 3)
    table = predictions_table(scored(labels, probabilities)).to_pydict()
    assert table["label"] == [[NAMES[number] for number in np.flatnonzero(row)] for row in labels]
    assert table["predicted"] == [[NAMES[number] for number in np.flatnonzero(row >= 0.5)] for row in probabilities]


def test_pictures_without_a_confusion_of_classes():
    one = scored(*draw(53, 3))
    assert set(figures(one, evaluate(one, resamples=0))) == {"reliability", "class_support", "precision_recall", "roc"}


@pytest.mark.parametrize(
    ("labels", "probabilities", "error"),
    [
        ([[0, 2]], [[0.5, 0.5]], ValueError),
        ([[0, 1, 1]], [[0.5, 0.5]], ValueError),
        ([[0, 1]], [[0.5, 1.5]], ValueError),
        ([[0, 1]], [[0.5, np.nan]], UserError),
    ],
)
def test_refuses(labels, probabilities, error):
    with pytest.raises(error):
        Scored(np.array(labels), np.array(probabilities), ["a", "b", "c"][: len(labels[0])], decision=HALF)


def test_a_class_that_does_not_occur_is_left_out_of_macro_averages():
    labels, probabilities = draw(53, 3)
    labels[:, 2], probabilities[:, 2] = 0, 0.1
    evaluation = evaluate(scored(labels, probabilities), resamples=50)
    rest = [0, 1, 3, 4]
    expected = sklearn_metrics.f1_score(labels[:, rest], probabilities[:, rest] >= 0.5, average="macro")
    assert evaluation.metrics["macro_f1"] == pytest.approx(expected)
    assert evaluation.intervals["macro_f1"].low < expected < evaluation.intervals["macro_f1"].high


def test_a_few_right_answers_are_no_certainty():
    labels, _ = draw(12, 3)
    evaluation = evaluate(scored(labels, np.where(labels, 0.9, 0.1)), resamples=50)
    for name in ("accuracy", "macro_f1", "micro_f1"):
        assert evaluation.metrics[name] == 1 and evaluation.intervals[name].low < 0.95
