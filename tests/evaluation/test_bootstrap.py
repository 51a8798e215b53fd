"""The fast bootstrap is equal to a naive bootstrap, and its intervals have the correct coverage."""

import time

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from classifier.evaluation.arrays import checked
from classifier.evaluation.bootstrap import percentile_interval, resampled_indices, resampled_metrics
from classifier.evaluation.metrics import evaluate, intervals
from classifier.evaluation.scored import Scored

pytestmark = pytest.mark.filterwarnings("error")
RESAMPLES = 23


@pytest.mark.parametrize(("examples", "classes", "absent"), [(61, 2, ()), (41, 5, (3,)), (29, 17, ()), (1, 3, ())])
def test_equals_scikit_learn_on_each_resample(simulate, examples, classes, absent):
    labels, probabilities = checked(*simulate(examples, classes, absent=absent))
    predicted = probabilities.argmax(axis=1)
    losses = -np.log(probabilities[np.arange(examples), labels])
    fast = resampled_metrics(labels, predicted, losses, classes=classes, resamples=RESAMPLES, seed=5)
    for row, drawn in enumerate(resampled_indices(examples, RESAMPLES, seed=5)):
        slow = naive(labels[drawn], probabilities[drawn], predicted[drawn])
        assert {name: values[row] for name, values in fast.items()} == pytest.approx(slow, abs=1e-12)


def naive(labels, probabilities, predicted):
    macro = {"average": "macro", "zero_division": 0}
    return {
        "accuracy": sklearn_metrics.accuracy_score(labels, predicted),
        "macro_precision": sklearn_metrics.precision_score(labels, predicted, **macro),
        "macro_recall": sklearn_metrics.recall_score(labels, predicted, **macro),
        "macro_f1": sklearn_metrics.f1_score(labels, predicted, **macro),
        "log_loss": sklearn_metrics.log_loss(labels, probabilities, labels=range(probabilities.shape[1])),
    }


def test_intervals_are_the_percentiles_of_the_resamples(simulate):
    labels, probabilities = checked(*simulate(47, 3))
    resampled = [
        sklearn_metrics.log_loss(labels[drawn], probabilities[drawn], labels=range(3))
        for drawn in resampled_indices(47, 101, seed=7)
    ]
    interval = intervals(
        Scored(labels, probabilities, list(map(str, range(probabilities.shape[1])))), resamples=101, seed=7
    )["log_loss"]
    assert (interval.low, interval.high) == pytest.approx(tuple(np.percentile(resampled, [2.5, 97.5])))


def test_covers_the_true_accuracy_in_about_95_of_100_samples():
    generator = np.random.default_rng(11)
    covered = []
    for sample in range(150):
        labels = generator.integers(2, size=199)
        predicted = np.where(generator.random(199) < 0.8, labels, 1 - labels)
        values = resampled_metrics(labels, predicted, np.zeros(199), classes=2, resamples=199, seed=sample)
        interval = percentile_interval(values["accuracy"])
        covered.append(interval.low <= 0.8 <= interval.high)
    assert 0.90 <= np.mean(covered) <= 0.99


def test_the_seed_decides(simulate):
    split = (*simulate(73, 3), ["a", "b", "c"])
    same, again, other = (evaluate(Scored(*split), resamples=RESAMPLES, seed=seed).intervals for seed in (0, 0, 1))
    assert same == again != other


@pytest.mark.parametrize(("examples", "classes"), [(25_000, 2), (4_500, 150)])
def test_a_thousand_resamples_take_seconds_at_most(simulate, examples, classes):
    labels, probabilities = checked(*simulate(examples, classes))
    start = time.process_time()
    intervals(Scored(labels, probabilities, list(map(str, range(probabilities.shape[1])))), resamples=1000, seed=0)
    assert time.process_time() - start < 4  # about 0.8 s on one quiet core; a loop over scikit-learn takes minutes
