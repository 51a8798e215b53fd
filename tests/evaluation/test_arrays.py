"""Valid arrays are accepted, and invalid arrays are rejected with a helpful message."""

import numpy as np
import pytest

from classifier.errors import UserError
from classifier.evaluation.arrays import checked, contrasted, one_hot

pytestmark = pytest.mark.filterwarnings("error")
FAIR = [[0.5, 0.5]] * 3


@pytest.mark.parametrize(
    ("labels", "probabilities", "error", "message"),
    [
        ([0, 1, 0], [[0.5, 0.5], [np.nan, 0.5], [0.5, 0.5]], UserError, "NaN or infinite for 1 of 3 examples"),
        ([0, 1, 0], [[0.5, 0.5], [np.inf, 0.5], [0.5, 0.5]], UserError, "diverged"),
        (np.zeros(0, int), np.zeros((0, 2)), UserError, "no examples"),
        ([0, 0, 0], [[1.0]] * 3, UserError, "at least two classes"),
        ([0, 1], FAIR, ValueError, "one for each row"),
        ([0, 1, 2], FAIR, ValueError, "from 0 to 1; found 0 to 2"),
        ([0, -1, 1], FAIR, ValueError, "found -1 to 1"),
        ([0.0, 1.0, 1.0], FAIR, ValueError, "integers"),
        ([0, 1, 0], [0.5, 0.5, 0.5], ValueError, r"\(examples, classes\)"),
        ([0, 1, 0], [[2.0, -1.0]] * 3, ValueError, "logits"),
        ([0, 1, 0], [[3.0, 4.0]] * 3, ValueError, "logits"),
    ],
)
def test_refuses(labels, probabilities, error, message):
    with pytest.raises(error, match=message):
        checked(labels, probabilities)


def test_rows_sum_to_one_in_float64(simulate):
    labels, probabilities = simulate(101, 37)
    _, exact = checked(labels, probabilities * np.float32(0.9999))
    assert exact.dtype == np.float64
    np.testing.assert_allclose(exact.sum(axis=1), 1, atol=1e-15)
    np.testing.assert_allclose(exact, probabilities, rtol=1e-5)


def test_a_class_is_contrasted_if_it_is_neither_absent_nor_alone():
    assert contrasted(one_hot(np.array([0, 2, 2]), 4)).tolist() == [0, 2]
    assert contrasted(one_hot(np.array([1, 1]), 3)).tolist() == []
