"""Multi-head self-attention: one wide product instead of three narrow products."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from check_layer import BATCH, HEADS, TOKENS, WIDTH

from classifier.attention import MultiHeadAttention

random = np.random.default_rng(0)
VALUE = tf.constant(random.normal(size=(BATCH, TOKENS, WIDTH)), tf.float32)


@pytest.fixture
def layer():
    layer = MultiHeadAttention(HEADS)
    layer(VALUE, VALUE)
    keras.utils.set_random_seed(1)
    for weight in layer.weights:
        weight.assign(keras.random.normal(weight.shape, stddev=0.3))
    return layer


SELF_MASKS = [None, np.array([[[1, 1, 1, 1, 0]], [[0, 0, 0, 0, 0]]], bool)]


@pytest.mark.parametrize("mask", SELF_MASKS, ids=["all", "masked"])
def test_self_attention_is_attention_to_a_copy(mask, layer):
    """One wide product gives the same results and gradients as three narrow products."""
    results = []
    for other in (lambda states: states, tf.identity):
        with tf.GradientTape() as tape:
            tape.watch(VALUE)
            output, weights = layer(VALUE, other(VALUE), other(VALUE), mask=mask, return_weights=True)
            loss = tf.reduce_mean(tf.sin(output))
        results.append([output, weights, *tape.gradient(loss, [VALUE, *layer.trainable_variables])])
    for one, two in zip(*results, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)


def test_self_attention_takes_one_product_for_queries_keys_and_values(layer):
    def products(attend) -> int:
        graph = tf.function(attend).get_concrete_function(tf.TensorSpec([None, None, WIDTH])).graph
        return sum("MatMul" in operation.type for operation in graph.get_operations())

    apart = products(lambda states: layer(states, tf.identity(states)))
    assert products(lambda states: layer(states, states)) == apart - 2
