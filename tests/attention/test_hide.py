"""Masked keys have no weight, visible keys keep their scores, and a query without visible keys has a zero context."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from check_layer import BATCH, TOKENS, WIDTH
from hypothesis import given, settings, strategies
from hypothesis.extra import numpy as arrays
from keras import ops
from mechanisms import OURS

from classifier.attention import HeadedAttention, masked_softmax
from classifier.attention.base import hide

SHAPE, QUERIES = (2, 3, 5), 7
random = np.random.default_rng(0)
QUERY = tf.constant(random.normal(size=(BATCH, QUERIES, WIDTH)), tf.float32)
VALUE = tf.constant(random.normal(size=(BATCH, TOKENS, WIDTH)), tf.float32)
SCORES = arrays.arrays(np.float32, SHAPE, elements=strategies.floats(-50, 50, width=32, allow_subnormal=False))
quick = settings(deadline=None, max_examples=30, derandomize=True)


@given(scores=SCORES, mask=arrays.arrays(bool, SHAPE))
@quick
def test_what_is_seen_keeps_its_score(scores, mask):
    hidden = hide(scores, mask).numpy()
    np.testing.assert_array_equal(hidden[mask], scores[mask])
    assert (hidden[~mask] < -1e8).all()


@given(scores=SCORES, mask=arrays.arrays(bool, (2, 1, 5)))
@quick
def test_softmax_of_hidden_scores_is_the_masked_softmax_where_anything_is_seen(scores, mask):
    seen = np.broadcast_to(mask.any(axis=-1, keepdims=True), SHAPE)
    np.testing.assert_allclose(
        ops.softmax(hide(scores, mask)).numpy()[seen], masked_softmax(scores, mask).numpy()[seen], atol=1e-6
    )


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32"])
def test_narrow_floats_keep_their_type_and_stay_finite(kind):
    hidden = hide(ops.cast([[9.0, 100.0], [-100.0, 2.0]], kind), np.array([[True, False], [False, False]]))
    assert keras.backend.standardize_dtype(hidden.dtype) == kind
    assert np.isfinite(ops.cast(hidden, "float32")).all()
    assert ops.cast(ops.softmax(hidden), "float32").numpy()[0].tolist() == [1, 0]


MASKS = arrays.arrays(bool, (BATCH, QUERIES, TOKENS)) | arrays.arrays(bool, (BATCH, 1, TOKENS))
MECHANISMS = {
    name: OURS[name] for name in ("additive", "dot", "multi_head", "rotary")
}  # local attention does not see all keys


@pytest.fixture(scope="module", params=MECHANISMS.values(), ids=MECHANISMS.keys())
def layer(request):
    """Creates a layer with random weights and biases, because a zero bias could hide errors."""
    layer = request.param()
    layer(QUERY, VALUE)
    keras.utils.set_random_seed(1)
    for weight in layer.weights:
        weight.assign(keras.random.normal(weight.shape, stddev=0.3))
    return layer


def without_visible_keys(layer) -> np.ndarray:
    """Returns the context of a query without visible keys: zeros after the output projection."""
    return layer.output_projection.bias.numpy() if isinstance(layer, HeadedAttention) else np.zeros(WIDTH)


@given(mask=MASKS)
@quick
def test_cross_attention_of_a_query_that_may_look_nowhere_is_that_of_zeros(layer, mask):
    context, weights = layer(QUERY, VALUE, mask=mask, return_weights=True)
    blind = np.broadcast_to(~mask.any(axis=-1), (BATCH, QUERIES))
    np.testing.assert_allclose(
        context.numpy()[blind], np.broadcast_to(without_visible_keys(layer), (blind.sum(), WIDTH)), atol=1e-6
    )
    by_query = np.reshape(weights, (BATCH, -1, QUERIES, TOKENS)).transpose(0, 2, 1, 3)
    assert not by_query[blind].any()
    np.testing.assert_allclose(by_query[~blind].sum(axis=-1), 1, atol=1e-5)


@given(mask=arrays.arrays(bool, (BATCH, 1, TOKENS)))
@quick
def test_self_attention_of_a_text_without_tokens_is_that_of_zeros(layer, mask):
    context = layer(VALUE, VALUE, mask=mask).numpy()
    empty = ~mask.any(axis=(1, 2))
    np.testing.assert_allclose(
        context[empty], np.broadcast_to(without_visible_keys(layer), (empty.sum(), TOKENS, WIDTH)), atol=1e-6
    )
    assert np.isfinite(context).all()


@given(mask=MASKS, noise=strategies.integers(0, 99))
@quick
def test_hidden_values_never_matter(layer, mask, noise):
    unseen = ~mask.any(axis=1)
    other = VALUE.numpy().copy()
    other[unseen] = np.random.default_rng(noise).normal(size=(unseen.sum(), WIDTH)) * 9
    np.testing.assert_allclose(layer(QUERY, other, mask=mask), layer(QUERY, VALUE, mask=mask), atol=1e-5)


def test_gradients_of_queries_that_see_nothing_are_finite_and_zero(layer):
    mask = np.ones((BATCH, QUERIES, TOKENS), bool)
    mask[0, 3] = mask[1] = False
    with tf.GradientTape() as tape:
        tape.watch([QUERY, VALUE])
        loss = tf.reduce_sum(tf.sin(layer(QUERY, VALUE, mask=mask)))
    query, value = tape.gradient(loss, [QUERY, VALUE])
    assert np.isfinite(query).all() and np.isfinite(value).all()
    assert not query[0, 3].numpy().any() and not query[1].numpy().any() and not value[1].numpy().any()
    assert query[0, 2].numpy().any()
