"""The encoder block: the common routine, and both positions of the normalization."""

import numpy as np
import pytest
import tensorflow as tf
from check_layer import BATCH, HEADS, MASK, TOKENS, WIDTH, check_layer

from classifier.attention import MultiHeadAttention
from classifier.encoders import EncoderBlock
from classifier.encoders.keras_nlp_block import KerasNlpBlock

STATES = np.random.default_rng(0).normal(size=(BATCH, TOKENS, WIDTH)).astype(np.float32)


def block(**arguments):
    return EncoderBlock(MultiHeadAttention(HEADS, name="attention"), intermediate_dim=19, **arguments)


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


@pytest.mark.parametrize("normalize", ["before", "after"])
def test_keras_nlp_block(normalize, tmp_path):
    def encode(layer, states, mask):
        return layer(states, mask=mask)

    layer = KerasNlpBlock(HEADS, intermediate_dim=19, normalize=normalize)
    check_layer(layer, encode, tmp_path, without_gradient=["key/bias"])


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
@pytest.mark.parametrize("normalize", ["before", "after"])
def test_parity_with_keras_nlp(normalize, mask):
    """The same weights give the same states, attention and gradients."""
    ours = block(normalize=normalize)
    official = KerasNlpBlock(HEADS, intermediate_dim=19, normalize=normalize)
    states = tf.constant(STATES)
    ours(states), official(states)
    attention = [weight for part in ("query", "key", "value", "output") for weight in of(ours.attention, part)]
    rest = [*ours.attention_norm.weights, *ours.feed_forward_norm.weights, *ours.expand.weights, *ours.contract.weights]
    mine = [*attention, *rest]
    random = np.random.default_rng(3)
    theirs = {weight.path.split("encoder/")[-1]: weight for weight in official.weights}
    order = [f"self_attention_layer/{part}/{what}" for part in PARTS for what in ("kernel", "bias")]
    order += [f"{norm}/{what}" for norm in NORMS for what in ("gamma", "beta")]
    order += [f"{dense}/{what}" for dense in DENSES for what in ("kernel", "bias")]
    assert sorted(order) == sorted(theirs)
    for one, name in zip(mine, order, strict=True):
        one.assign(random.normal(size=one.shape) * 0.3)
        theirs[name].assign(tf.reshape(one, theirs[name].shape))
    results = []
    for layer, weights in ((ours, mine), (official, [theirs[name] for name in order])):
        with tf.GradientTape() as tape:
            tape.watch(states)
            output, attended = layer(states, mask=mask, return_weights=True)
            real = output if mask is None else tf.boolean_mask(output, mask)
            loss = tf.reduce_mean(tf.sin(real))
        results.append([real, seen(attended, mask), *tape.gradient(loss, [states, *(one.value for one in weights)])])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, tf.reshape(other, tf.shape(one)), atol=1e-5)


PARTS = ("query", "key", "value", "attention_output")
NORMS = ("self_attention_layer_norm", "feedforward_layer_norm")
DENSES = ("feedforward_intermediate_dense", "feedforward_output_dense")


def of(attention, part):
    return getattr(attention, "output_projection" if part == "output" else part).weights


def seen(weights, mask):
    """Returns the weights of real queries; KerasNLP also has those of padding."""
    return weights if mask is None else tf.boolean_mask(tf.transpose(weights, (0, 2, 1, 3)), mask)
