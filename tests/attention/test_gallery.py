"""Common properties of all attention mechanisms, including Keras's."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from check_layer import BATCH, HEADS, TOKENS, WIDTH, check_layer
from mechanisms import HEADED, OFFICIAL, OURS

QUERIES = 7
random = np.random.default_rng(0)
QUERY = tf.constant(random.normal(size=(BATCH, QUERIES, WIDTH)), tf.float32)
VALUE = tf.constant(random.normal(size=(BATCH, TOKENS, WIDTH)), tf.float32)
KEYS = np.array([[[1, 1, 1, 1, 0]], [[1, 0, 1, 0, 0]]], bool)
ALL = {**OURS, **OFFICIAL}


def test_there_is_a_choice_for_each_mechanism():
    choices = Path(__file__).parents[2] / "conf" / "attention"
    assert {path.stem for path in choices.glob("*.yaml")} == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_layer(name, tmp_path):
    def attend(layer, states, mask):
        return layer(states, states, mask=mask[:, None, :])

    # softmax is invariant to a constant, so that the bias of the keys has no effect
    check_layer(ALL[name](), attend, tmp_path, without_gradient=[] if name == "rotary" else ["key/bias"])


@pytest.mark.parametrize("name", ALL)
def test_cross_attention_with_weights(name):
    layer = ALL[name]()
    context, weights = layer(QUERY, VALUE, VALUE * 2, mask=KEYS, return_weights=True)
    heads = [HEADS] if name in HEADED else []
    assert context.shape == (BATCH, QUERIES, WIDTH)
    assert weights.shape == (BATCH, *heads, QUERIES, TOKENS)
    hidden = np.broadcast_to(~KEYS if not heads else ~KEYS[:, None], weights.shape)
    assert np.abs(weights.numpy()[hidden]).max() < 1e-6
    if name != "local":  # whose last queries are far from every key
        np.testing.assert_allclose(tf.reduce_sum(weights, axis=-1), np.ones(weights.shape[:-1]), atol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_the_future_can_be_hidden(name):
    """With a causal mask, the first tokens do not depend on the later tokens."""
    if name in OFFICIAL and name not in HEADED:
        with pytest.raises(ValueError, match="a mask of the keys alone"):
            ALL[name]()(VALUE, VALUE, mask=np.ones((BATCH, TOKENS, TOKENS), bool))
        return
    layer, causal = ALL[name](), np.tri(TOKENS, dtype=bool)[None].repeat(BATCH, 0)
    whole = layer(VALUE, VALUE, mask=causal)
    for seen in range(2, TOKENS):
        start = VALUE[:, :seen]
        np.testing.assert_allclose(layer(start, start, mask=causal[:, :seen, :seen]), whole[:, :seen], atol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_a_query_without_any_key_is_finite(name):
    layer = ALL[name]()
    with tf.GradientTape() as tape:
        tape.watch(VALUE)
        context = layer(VALUE, VALUE, mask=np.zeros_like(KEYS))
        loss = tf.reduce_sum(tf.sin(context))
    assert np.isfinite(context).all()
    assert np.isfinite(tape.gradient(loss, VALUE)).all()


@pytest.mark.parametrize("name", ["additive", "local"])  # which are computed in blocks
def test_the_process_gets_no_request_or_does_not_answer(name):
    layer = OURS[name]()
    layer.build(QUERY.shape, VALUE.shape)
    for texts, queries, keys in ((0, QUERIES, TOKENS), (BATCH, 0, TOKENS), (BATCH, QUERIES, 0)):
        query, value = tf.ones((texts, queries, WIDTH)), tf.ones((texts, keys, WIDTH))
        with tf.GradientTape() as tape:
            tape.watch([query, value])
            context = layer(query, value)
        assert context.shape == query.shape and np.isfinite(context).all()
        assert [one.shape for one in tape.gradient(context, [query, value])] == [query.shape, value.shape]


@pytest.mark.parametrize("name", ALL)
def test_mixed_bfloat16(name):
    layer = ALL[name]()
    exact = layer(VALUE, VALUE, mask=KEYS)
    narrow = type(layer).from_config({**layer.get_config(), "dtype": "mixed_bfloat16"})
    narrow.build(VALUE.shape, VALUE.shape)
    for mine, other in zip(narrow.weights, layer.weights, strict=True):
        assert keras.backend.standardize_dtype(mine.dtype) == "float32"
        mine.assign(other)
    found = narrow(VALUE, VALUE, mask=KEYS)
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    np.testing.assert_allclose(tf.cast(found, tf.float32), exact, atol=0.1)


@pytest.mark.parametrize("name", ALL)
def test_dropout_only_while_training(name):
    config = {**ALL[name]().get_config(), "dropout": 0.5}
    layer = type(ALL[name]()).from_config(config)
    quiet = layer(QUERY, VALUE, training=False)
    np.testing.assert_array_equal(quiet, layer(QUERY, VALUE, training=False))
    assert np.abs(quiet - layer(QUERY, VALUE, training=True)).max() > 1e-3


@pytest.mark.parametrize("name", HEADED)
def test_width_must_be_a_multiple_of_heads(name):
    layer = type(ALL[name]()).from_config({**ALL[name]().get_config(), "num_heads": 5})
    with pytest.raises(ValueError, match="The width 12 is not a multiple of num_heads=5"):
        layer(VALUE, VALUE)
