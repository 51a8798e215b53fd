"""What a student learns: a mixture of labels and probabilities, by the same formulas as labels alone."""

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from classifier.model.ngram_fit import fit_soft_regression
from classifier.tasks import make_task
from classifier.training.targets import as_labels, as_probabilities, sample_weights, taught

TASK = make_task(several=False)
PROBABILITIES = np.array([[0.6, 0.3, 0.1], [0.1, 0.1, 0.8]], np.float32)


def test_the_label_is_half_of_the_target_of_a_labelled_text():
    targets = taught(PROBABILITIES, np.array([1]))
    np.testing.assert_allclose(targets, [[0.3, 0.65, 0.05], [0.1, 0.1, 0.8]], rtol=1e-6)
    assert PROBABILITIES[0, 0] == np.float32(0.6)  # unchanged


def test_labels_are_probabilities_too():
    labels = np.array([2, 0])
    assert as_probabilities(labels, 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert as_labels(PROBABILITIES).tolist() == [0, 2]
    weights = np.array([1, 2, 3], np.float32)
    assert sample_weights(TASK, labels, weights).tolist() == [3, 1]
    np.testing.assert_allclose(sample_weights(TASK, PROBABILITIES, weights), [1.5, 2.7], rtol=1e-6)


def test_the_regression_on_probabilities_is_that_on_repeated_rows():
    """A row with a probability for each class is the same as the row once per class, weighted by the probability."""
    random = np.random.default_rng(5)
    values, classes = csr_matrix(random.random((37, 5)) * (random.random((37, 5)) > 0.4)), 3
    probabilities = random.dirichlet(np.full(classes, 0.5), 37)
    weights = random.uniform(0.5, 2, 37)
    found, bias = fit_soft_regression(TASK, values, probabilities, weights, 7.0)
    repeated = LogisticRegression(C=7.0, tol=1e-8, max_iter=5000)
    rows, labels = np.repeat(np.arange(37), classes), np.tile(np.arange(classes), 37)
    repeated.fit(values[rows], labels, (weights[:, None] * probabilities).ravel())
    np.testing.assert_allclose(found.T, repeated.coef_, atol=0.02)
    offsets = bias - repeated.intercept_
    np.testing.assert_allclose(offsets, offsets.mean(), atol=0.02)  # the softmax ignores a common offset
