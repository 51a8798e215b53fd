"""The encoder block: the shared routine, and both places of the normalisation."""

import numpy as np
import pytest
from check_layer import BATCH, HEADS, MASK, TOKENS, WIDTH, check_layer

from classifier.attention import MultiHeadAttention
from classifier.layers import EncoderBlock

STATES = np.random.default_rng(0).normal(size=(BATCH, TOKENS, WIDTH)).astype(np.float32)


def block(**arguments):
    return EncoderBlock(MultiHeadAttention(HEADS, name="attention"), feed_forward_width=19, **arguments)


@pytest.mark.parametrize("normalize", ["before", "after"])
def test_layer(normalize, tmp_path):
    def encode(layer, states, mask):
        return layer(states, mask=mask)

    check_layer(block(normalize=normalize), encode, tmp_path, without_gradient=["key/bias"])


def test_before_keeps_the_residual_path_clear():
    layer = block(normalize="before")
    layer.build(STATES.shape)
    for last in (layer.attention.output_projection, layer.contract):
        last.kernel.assign(np.zeros_like(last.kernel))
    np.testing.assert_array_equal(layer(STATES, mask=MASK), STATES)


def test_after_ends_normalised():
    states = block(normalize="after")(STATES, mask=MASK).numpy()
    np.testing.assert_allclose(states.mean(axis=-1), np.zeros((BATCH, TOKENS)), atol=1e-5)
    np.testing.assert_allclose(states.std(axis=-1), np.ones((BATCH, TOKENS)), atol=1e-3)


def test_without_mask_every_token_counts():
    layer = block()
    np.testing.assert_allclose(layer(STATES), layer(STATES, mask=np.ones_like(MASK)), atol=1e-6)
    assert np.abs(layer(STATES) - layer(STATES, mask=MASK)).max() > 1e-4


def test_dropout_only_while_training():
    layer = block(dropout=0.5)
    quiet = layer(STATES, mask=MASK)
    np.testing.assert_array_equal(quiet, layer(STATES, mask=MASK))
    assert np.abs(quiet - layer(STATES, mask=MASK, training=True)).max() > 1e-3
