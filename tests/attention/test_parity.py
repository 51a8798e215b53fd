"""With the same weights, our and Keras's implementations have the same outputs, weights and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from check_layer import BATCH, HEADS, TOKENS, WIDTH
from mechanisms import OFFICIAL, OURS

from classifier import attention
from classifier.attention import additive, rotary

QUERIES = 7
random = np.random.default_rng(0)
QUERY = tf.constant(random.normal(size=(BATCH, QUERIES, WIDTH)), tf.float32)
KEY = tf.constant(random.normal(size=(BATCH, TOKENS, WIDTH)), tf.float32)
VALUE = tf.constant(random.normal(size=(BATCH, TOKENS, WIDTH)), tf.float32)
KEYS = np.array([[[1, 1, 1, 1, 0]], [[1, 0, 1, 0, 0]]], bool)
PAIRS = ("additive", "concat", "dot", "multi_head")


def pair(name):
    """Returns both layers with the same random weights: kernels of query and key, then those of the Keras layer."""
    ours, official = OURS[name](), OFFICIAL[f"keras_{name}"]()
    ours(QUERY, VALUE, KEY), official(QUERY, VALUE, KEY)
    keras.utils.set_random_seed(1)
    if name == "additive":  # Keras lists the direct weights of a layer first
        energy, query, key = (random.normal(size=weight.shape) for weight in ours.weights)
        set_weights(ours, [energy, query, key])
        set_weights(official, [query, key, energy])
    elif name == "concat":  # one matrix for both, and a scalar v
        query, key, energy = random.normal(size=(WIDTH, WIDTH)), random.normal(size=(WIDTH, WIDTH)), 0.7
        set_weights(ours, [np.concatenate([query, key]), np.full(WIDTH, energy)])
        set_weights(official, [query, key, energy])
    else:
        weights = [keras.random.normal(weight.shape, stddev=0.3) for weight in ours.weights]
        set_weights(ours, weights)
        set_weights(official, weights)
    return ours, official


def set_weights(layer, weights):
    for weight, values in zip(layer.weights, weights, strict=True):
        weight.assign(tf.reshape(tf.cast(values, tf.float32), weight.shape))


def results(layer, mask):
    """Returns output, weights, gradients of the inputs, and gradients of the layer's weights."""
    with tf.GradientTape() as tape:
        tape.watch([QUERY, KEY, VALUE])
        output, weights = layer(QUERY, VALUE, KEY, mask=mask, return_weights=True)
        loss = tf.reduce_mean(tf.sin(output))
    inputs, variables = [QUERY, KEY, VALUE], layer.trainable_variables
    gradients = tape.gradient(loss, [*inputs, *variables])
    return [output, weights, *gradients[:3]], gradients[3:]


@pytest.mark.parametrize("mask", [None, KEYS], ids=["all", "masked"])
@pytest.mark.parametrize("name", PAIRS)
def test_parity_with_keras(name, mask):
    ours, official = pair(name)
    (mine, my_gradients), (theirs, their_gradients) = results(ours, mask), results(official, mask)
    if name == "concat":
        kernel, energy = my_gradients
        my_gradients = [kernel[:WIDTH], kernel[WIDTH:], tf.reduce_sum(energy)]
    if name == "additive":
        my_gradients = [*my_gradients[1:], my_gradients[0]]
    for one, other in zip([*mine, *my_gradients], [*theirs, *their_gradients], strict=True):
        np.testing.assert_allclose(one, tf.reshape(other, one.shape), atol=1e-5)


def test_multi_head_accepts_a_mask_per_query():
    ours, official = pair("multi_head")
    mask = np.random.default_rng(1).random((BATCH, QUERIES, TOKENS)) < 0.6
    mask[:, :, 0] = True
    for one, other in zip(results(ours, mask)[0], results(official, mask)[0], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_scaled_dot_is_multi_head_of_one_head_without_projections():
    layer = attention.MultiHeadAttention(1)
    layer(QUERY, VALUE, KEY)
    set_weights(layer, [value for _ in range(4) for value in (np.eye(WIDTH), np.zeros(WIDTH))])
    np.testing.assert_allclose(
        attention.ScaledDotAttention()(QUERY, VALUE, KEY, mask=KEYS), layer(QUERY, VALUE, KEY, mask=KEYS), atol=1e-5
    )


def test_general_is_dot_of_projected_keys():
    layer = attention.GeneralAttention()
    layer(QUERY, VALUE, KEY)
    projected = KEY @ layer.key.kernel
    np.testing.assert_allclose(
        layer(QUERY, VALUE, KEY, mask=KEYS), attention.DotAttention()(QUERY, VALUE, projected, mask=KEYS), atol=1e-5
    )


def test_rotary_turns_as_keras_nlp_does():
    import keras_nlp

    states = tf.constant(random.normal(size=(BATCH, HEADS, TOKENS, 4)), tf.float32)
    official = keras_nlp.layers.RotaryEmbedding(sequence_axis=2, feature_axis=3)
    np.testing.assert_allclose(rotary.rotate(states), official(states), atol=1e-5)


def test_rotary_scores_know_the_distance_and_nothing_else_of_the_positions():
    query, key = (np.tile(random.normal(size=4), (1, 1, 9, 1)).astype(np.float32) for _ in range(2))
    scores = np.array(rotary.rotate(query) @ tf.transpose(rotary.rotate(key), (0, 1, 3, 2)))[0, 0]
    for distance in range(-8, 9):
        diagonal = np.diagonal(scores, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], atol=1e-5)
    assert np.std([scores[0, 3], scores[0, 5], scores[3, 0]]) > 1e-3


@pytest.mark.parametrize("tokens", [2, 4, 11])
@pytest.mark.parametrize("window", [1, 2, 4, 16])
@pytest.mark.parametrize("hidden", [False, True])
def test_local_is_multi_head_with_the_distant_hidden(tokens, window, hidden):
    states = tf.constant(random.normal(size=(BATCH, tokens, WIDTH)), tf.float32)
    local, whole = attention.LocalAttention(window, HEADS), attention.MultiHeadAttention(HEADS)
    local(states, states), whole(states, states)
    set_weights(local, [keras.random.normal(weight.shape) for weight in whole.weights])
    set_weights(whole, local.weights)
    places = np.arange(tokens)
    near = np.abs(places[:, None] - places) <= window
    given = np.random.default_rng(2).random((BATCH, 1, tokens)) < 0.7 if hidden else None
    mask = np.broadcast_to(near if given is None else near & given, (BATCH, tokens, tokens))
    for form in [given] if given is None else [given, np.broadcast_to(given, mask.shape)]:
        mine = local(states, states, mask=form, return_weights=True)
        for one, other in zip(mine, whole(states, states, mask=mask, return_weights=True), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("block", [1, 40, 200, 10_000])
def test_additive_scores_in_blocks_of_any_size(block, monkeypatch):
    monkeypatch.setattr(additive, "BLOCK", block)
    energy = tf.constant(random.normal(size=WIDTH), tf.float32)
    found, expected = [], []
    for scores, into in ((additive.additive_scores, found), (plain_scores, expected)):
        with tf.GradientTape() as tape:
            tape.watch([QUERY, KEY, energy])
            result = scores(QUERY, KEY, energy)
            loss = tf.reduce_sum(tf.sin(result))
        into += [result, *tape.gradient(loss, [QUERY, KEY, energy])]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def plain_scores(query, key, energy):
    return tf.reduce_sum(energy * tf.tanh(query[:, :, None, :] + key[:, None, :, :]), axis=-1)
