"""Each pooling against NumPy, by the same shared routine as all layers."""

import numpy as np
import pytest
from check_layer import BATCH, MASK, TOKENS, WIDTH, check_layer

from classifier.layers import AttentionPooling, FirstPooling, JoinedPooling, MaxPooling, MeanPooling

POOLINGS = [MeanPooling, MaxPooling, FirstPooling, AttentionPooling, JoinedPooling]
STATES = np.random.default_rng(0).normal(size=(BATCH, TOKENS, WIDTH)).astype(np.float32)


def real(text):
    return STATES[text][MASK[text]]


def pool(layer, states, mask):
    return layer(states, mask)


@pytest.mark.parametrize("make", [*POOLINGS, lambda: JoinedPooling(["first", "attention"])])
def test_layer(make, tmp_path):
    check_layer(make(), pool, tmp_path, per_token=False)


@pytest.mark.parametrize(
    ("pooling", "reference"),
    [
        (MeanPooling, lambda states: states.mean(axis=0)),
        (MaxPooling, lambda states: states.max(axis=0)),
        (FirstPooling, lambda states: states[0]),
        (AttentionPooling, lambda states: states.mean(axis=0)),  # its query begins at zero: all tokens weigh the same
    ],
)
def test_against_numpy(pooling, reference):
    expected = [reference(real(text)) for text in range(BATCH)]
    np.testing.assert_allclose(pooling()(STATES, MASK), expected, atol=1e-6)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_text_without_tokens_gives_zeros(pooling):
    assert not np.any(pooling()(STATES, np.zeros_like(MASK)))


def test_attention_weights():
    layer = AttentionPooling()
    layer.build(STATES.shape)
    layer.query.assign(np.random.default_rng(1).normal(size=WIDTH))
    context, weights = layer(STATES, MASK, return_weights=True)
    kernel, bias = (weight.numpy() for weight in layer.hidden.weights)
    for text in range(BATCH):
        powers = np.exp(np.tanh(real(text) @ kernel + bias) @ layer.query.numpy())
        np.testing.assert_allclose(weights[text][MASK[text]], powers / powers.sum(), atol=1e-6)
        np.testing.assert_allclose(context[text], powers / powers.sum() @ real(text), atol=1e-6)
    assert not weights.numpy()[~MASK].any()


def test_joined_is_side_by_side():
    joined = JoinedPooling(["max", "first"])(STATES, MASK)
    np.testing.assert_array_equal(
        joined, np.concatenate([MaxPooling()(STATES, MASK), FirstPooling()(STATES, MASK)], axis=1)
    )


@pytest.mark.parametrize("names", [[], ["mean", "median"]])
def test_joined_refuses(names):
    with pytest.raises(ValueError, match="choose from attention, mean, max, first"):
        JoinedPooling(names)
