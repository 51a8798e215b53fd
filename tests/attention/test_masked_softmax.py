"""masked_softmax against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies
from hypothesis.extra import numpy as arrays

from classifier.attention import masked_softmax

SHAPE = (2, 3, 5)


@given(
    scores=arrays.arrays(np.float32, SHAPE, elements=strategies.floats(-50, 50, width=32)),
    mask=arrays.arrays(bool, SHAPE),
)
@settings(deadline=None, max_examples=50)
def test_against_numpy(scores, mask):
    powers = np.exp(scores.astype(np.float64)) * mask
    sums = powers.sum(axis=-1, keepdims=True)
    expected = np.divide(powers, sums, out=np.zeros(SHAPE), where=sums > 0)
    np.testing.assert_allclose(masked_softmax(scores, mask), expected, atol=1e-6)


def test_without_mask():
    scores = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    np.testing.assert_allclose(masked_softmax(scores), masked_softmax(scores, np.ones(SHAPE, bool)), atol=1e-6)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32"])
def test_narrow_floats(kind):
    from keras import ops

    weights = masked_softmax(ops.cast([[9.0, 100.0], [1.0, 2.0]], kind), np.array([[True, False], [False, False]]))
    assert ops.cast(weights, "float32").numpy().tolist() == [[1.0, 0.0], [0.0, 0.0]]
