"""The paired tests in comparison with SciPy, with tables computed by hand, and by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from classifier.comparison.paired import (
    difference,
    drawn_repeats,
    holm,
    mcnemar,
    resampled_scores,
    scores,
    smallest_difference,
)
from classifier.evaluation.bootstrap import percentile_interval

EXAMPLES, CLASSES = 211, 3


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80))
def test_mcnemar_is_the_binomial_test_of_the_examples_that_one_gets_right(pairs):
    first, second = np.array(pairs).T
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    both = only_first + only_second
    expected = binomtest(only_first, both).pvalue if both else 1.0
    assert mcnemar(first, second) == pytest.approx(expected)
    assert mcnemar(second, first) == mcnemar(first, second)


def test_holm_by_hand():
    """0.01 x 4, 0.02 x 3, 0.03 x 2, 0.005 x 5, 0.5 x 1; in nondecreasing order."""
    assert holm([0.01, 0.03, 0.5, 0.005, 0.02]) == pytest.approx([0.04, 0.06, 0.5, 0.025, 0.06])
    assert holm([0.9, 0.8]).tolist() == [1, 1]
    assert holm([]).tolist() == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_rejects_as_the_stepwise_procedure_does(p_values):
    """Holm 1979: in ascending order, as long as p is below 0.05 divided by the number of remaining tests."""
    rejected = np.zeros(len(p_values), dtype=bool)
    for step, place in enumerate(np.argsort(p_values, kind="stable")):
        if not p_values[place] * (len(p_values) - step) < 0.05:
            break
        rejected[place] = True
    assert (holm(p_values) < 0.05).tolist() == rejected.tolist()


def test_scores_are_those_of_scikit_learn():
    from sklearn.metrics import accuracy_score, f1_score

    labels, predicted = answers(np.random.default_rng(5), (0.7, 0.6))
    found = scores(labels, predicted, CLASSES)
    for row, one in enumerate(predicted):
        assert found["accuracy"][row] == pytest.approx(accuracy_score(labels, one))
        assert found["macro_f1"][row] == pytest.approx(f1_score(labels, one, average="macro"))


def answers(generator, accuracies, examples=EXAMPLES):
    """Returns labels (examples,) and answers (models, examples); examples are equally hard for all models."""
    labels = generator.integers(CLASSES, size=examples)
    hardness = 0.5 * generator.random(examples) + 0.5 * generator.random((len(accuracies), examples))
    limits = np.array([np.sqrt(a / 2) if a < 0.5 else 1 - np.sqrt((1 - a) / 2) for a in accuracies])[:, None]
    wrong = (labels + generator.integers(1, CLASSES, size=hardness.shape)) % CLASSES
    return labels, np.where(hardness < limits, labels, wrong)


def test_the_intervals_of_the_difference_cover_the_truth_in_95_of_100_test_sets():
    """1,000 simulated test sets with equally hard classes, so that the true macro F1 is the true accuracy."""
    generator, covered = np.random.default_rng(17), []
    for sample in range(1000):
        labels, predicted = answers(generator, (0.8, 0.73))
        drawn = [resampled_scores(labels, one[None], CLASSES, resamples=200, seed=sample) for one in predicted]
        intervals = [percentile_interval(drawn[0][name] - drawn[1][name]) for name in ("accuracy", "macro_f1")]
        covered.append([one.low <= 0.07 <= one.high for one in intervals])
    shares = np.mean(covered, axis=0)
    assert ((shares >= 0.93) & (shares <= 0.97)).all(), shares


def test_equal_models_differ_significantly_in_at_most_5_of_100_test_sets():
    generator = np.random.default_rng(23)
    found = []
    for _ in range(1000):
        labels, predicted = answers(generator, (0.75, 0.75))
        found.append(mcnemar(predicted[0] == labels, predicted[1] == labels) < 0.05)
    assert np.mean(found) <= 0.06


def test_the_smallest_difference_is_shown_four_times_in_five():
    """Two models that disagree on 30 % of the examples, and whose difference is the smallest detectable difference."""
    generator, examples, disagree = np.random.default_rng(29), 500, 0.3
    apart = smallest_difference(np.sqrt(disagree / examples), examples)
    shares = [(disagree + apart) / 2, (disagree - apart) / 2, 1 - disagree]
    drawn = generator.multinomial(examples, shares, size=1000)
    shown = [binomtest(int(first), int(first + second)).pvalue < 0.05 for first, second, _ in drawn]
    assert 0.74 < np.mean(shown) < 0.86


def test_the_smallest_difference_is_never_less_than_mcnemars_fewest_examples():
    """Six examples in favour of one model have p = 2/64; five are not enough."""
    assert smallest_difference(0.0, 100) == 0.06
    assert smallest_difference(0.0, 100, comparisons=10) > 0.06
    assert mcnemar([True] * 6, [False] * 6) < 0.05 < mcnemar([True] * 5, [False] * 5)


@pytest.mark.parametrize("repeats", [2, 3, 7])
def test_the_mean_of_the_drawn_repeats_has_the_variance_of_the_mean_of_repeats(repeats):
    values = np.random.default_rng(repeats).normal(size=repeats)
    weights = drawn_repeats(repeats, 50_000, seed=0)
    assert weights.sum(axis=1) == pytest.approx(np.ones(50_000))
    assert (weights @ values).mean() == pytest.approx(values.mean(), abs=0.01)
    assert (weights @ values).var() == pytest.approx(values.var(ddof=1) / repeats, rel=0.02)


def test_seeds_that_vary_make_the_interval_of_their_mean_wider():
    generator = np.random.default_rng(31)
    labels, steady = answers(generator, (0.8,))
    steady = np.repeat(steady, 3, axis=0)
    _, erratic = labels, np.where(generator.random(steady.shape) < [[0.0], [0.1], [0.3]], (labels + 1) % 3, steady)
    widths = [np.std(resampled_scores(labels, one, CLASSES)["accuracy"]) for one in (steady, erratic)]
    single = resampled_scores(labels, steady[:1], CLASSES)["accuracy"]
    assert widths[0] == pytest.approx(single.std())
    assert widths[1] > 1.5 * widths[0]


def test_the_difference_of_a_model_from_itself_is_nothing():
    found = difference(0.0, np.zeros(100))
    assert (found.value, found.interval.low, found.interval.high, found.p_value) == (0, 0, 0, 1)


def test_the_p_value_of_the_bootstrap_is_near_that_of_mcnemar():
    generator = np.random.default_rng(37)
    labels, predicted = answers(generator, (0.8, 0.74), examples=600)
    one, other = (resampled_scores(labels, row[None], CLASSES)["accuracy"] for row in predicted)
    right = predicted == labels
    found = difference(right[0].mean() - right[1].mean(), one - other)
    exact = mcnemar(*right)
    assert 0.0005 < exact < 0.2
    assert found.p_value == pytest.approx(exact, abs=0.02)
