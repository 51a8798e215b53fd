"""Multi-head attention: the shared routine, and parity with Keras's own layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from check_layer import BATCH, HEADS, TOKENS, WIDTH, check_layer

from classifier.attention import MultiHeadAttention

QUERIES = 7
random = np.random.default_rng(0)
QUERY = tf.constant(random.normal(size=(BATCH, QUERIES, WIDTH)), tf.float32)
VALUE = tf.constant(random.normal(size=(BATCH, TOKENS, WIDTH)), tf.float32)
MASK = np.array([[[1, 1, 1, 1, 0]], [[1, 0, 1, 0, 0]]], bool) & np.ones((BATCH, QUERIES, 1), bool)


def test_layer(tmp_path):
    def attend(layer, states, mask):
        return layer(states, states, mask=mask[:, None, :])

    # the softmax of scores + constant is the same softmax: the bias of the keys changes nothing
    check_layer(MultiHeadAttention(HEADS), attend, tmp_path, without_gradient=["key/bias"])


@pytest.fixture
def pair():
    """Our layer and Keras's with the same weights."""
    ours, theirs = MultiHeadAttention(HEADS), keras.layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
    ours(QUERY, VALUE)
    theirs(QUERY, VALUE)
    keras.utils.set_random_seed(1)
    for mine, other in zip(ours.weights, theirs.weights, strict=True):  # kernel and bias of query, key, value, output
        mine.assign(keras.random.normal(mine.shape, stddev=0.3))
        other.assign(tf.reshape(mine, other.shape))
    return ours, theirs


def run(layer, **options):
    """Output, weights, and the gradients of the inputs and of the weights."""
    with tf.GradientTape() as tape:
        tape.watch([QUERY, VALUE])
        output, weights = layer(QUERY, VALUE, **options)
        loss = tf.reduce_mean(tf.sin(output))
    return [output, weights, *tape.gradient(loss, [QUERY, VALUE, *layer.trainable_variables])]


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
def test_parity_with_keras(pair, mask):
    ours, theirs = pair
    mine = run(ours, mask=mask, return_weights=True)
    other = run(theirs, attention_mask=mask, return_attention_scores=True)
    for one, two in zip(mine, other, strict=True):
        np.testing.assert_allclose(one, tf.reshape(two, one.shape), atol=1e-5)


def test_the_key_may_differ_from_the_value(pair):
    ours, theirs = pair
    np.testing.assert_allclose(ours(QUERY, VALUE, VALUE * 2), theirs(QUERY, VALUE, VALUE * 2), atol=1e-5)


SELF_MASKS = [None, np.array([[[1, 1, 1, 1, 0]], [[0, 0, 0, 0, 0]]], bool)]


@pytest.mark.parametrize("mask", SELF_MASKS, ids=["all", "masked"])
def test_self_attention_is_attention_to_a_copy(mask, pair):
    """One wide product gives what three narrow ones give, and so do the gradients."""
    layer, results = pair[0], []
    for other in (lambda states: states, tf.identity):
        with tf.GradientTape() as tape:
            tape.watch(VALUE)
            output, weights = layer(VALUE, other(VALUE), other(VALUE), mask=mask, return_weights=True)
            loss = tf.reduce_mean(tf.sin(output))
        results.append([output, weights, *tape.gradient(loss, [VALUE, *layer.trainable_variables])])
    for one, two in zip(*results, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)


def test_self_attention_takes_one_product_for_queries_keys_and_values(pair):
    def products(attend) -> int:
        graph = tf.function(attend).get_concrete_function(tf.TensorSpec([None, None, WIDTH])).graph
        return sum("MatMul" in operation.type for operation in graph.get_operations())

    apart = products(lambda states: pair[0](states, tf.identity(states)))
    assert products(lambda states: pair[0](states, states)) == apart - 2


def test_weights_of_real_tokens_sum_to_one(pair):
    _, weights = pair[0](QUERY, VALUE, mask=MASK, return_weights=True)
    assert weights.shape == (BATCH, HEADS, QUERIES, TOKENS)
    np.testing.assert_allclose(tf.reduce_sum(weights, axis=-1), np.ones((BATCH, HEADS, QUERIES)), atol=1e-5)
    assert not weights.numpy()[~np.broadcast_to(MASK[:, None], weights.shape)].any()


def test_a_query_without_any_key_is_finite(pair):
    results = run(pair[0], mask=np.zeros_like(MASK), return_weights=True)
    assert not results[1].numpy().any()
    assert all(np.isfinite(result).all() for result in results)


def test_dropout_only_while_training():
    layer = MultiHeadAttention(HEADS, dropout=0.5)
    quiet = layer(QUERY, VALUE, training=False)
    np.testing.assert_array_equal(quiet, layer(QUERY, VALUE, training=False))
    assert np.abs(quiet - layer(QUERY, VALUE, training=True)).max() > 1e-3


def test_width_must_be_a_multiple_of_heads():
    with pytest.raises(ValueError, match="width 12 is not a multiple of heads=5"):
        MultiHeadAttention(5)(QUERY, VALUE)
