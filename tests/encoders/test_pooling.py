"""All poolings in comparison with NumPy, and by the common routine of all layers."""

from pathlib import Path

import numpy as np
import pytest
from check_layer import BATCH, MASK, TOKENS, WIDTH, check_layer

from classifier.encoders import AdditivePooling, ConcatPooling, DotPooling, FirstPooling, MaxPooling, MeanPooling

POOLINGS = [MeanPooling, MaxPooling, FirstPooling, AdditivePooling, DotPooling, ConcatPooling]
STATES = np.random.default_rng(0).normal(size=(BATCH, TOKENS, WIDTH)).astype(np.float32)


def real(text):
    return STATES[text][MASK[text]]


def pool(layer, states, mask):
    return layer(states, mask)


@pytest.mark.parametrize("make", [*POOLINGS, lambda: ConcatPooling(["first", "additive"])])
def test_layer(make, tmp_path):
    check_layer(make(), pool, tmp_path, per_token=False)


@pytest.mark.parametrize(
    ("pooling", "reference"),
    [
        (MeanPooling, lambda states: states.mean(axis=0)),
        (MaxPooling, lambda states: states.max(axis=0)),
        (FirstPooling, lambda states: states[0]),
        (
            AdditivePooling,
            lambda states: states.mean(axis=0),
        ),  # the initial scores are zero: all tokens have the same weight
        (DotPooling, lambda states: states.mean(axis=0)),
    ],
)
def test_against_numpy(pooling, reference):
    expected = [reference(real(text)) for text in range(BATCH)]
    np.testing.assert_allclose(pooling()(STATES, MASK), expected, atol=1e-6)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_text_without_tokens_gives_zeros(pooling):
    assert not np.any(pooling()(STATES, np.zeros_like(MASK)))


def scored_by_hidden_layer(layer, states):
    kernel, bias, energy = (weight.numpy() for weight in (*layer.hidden.weights, layer.energy))
    return np.tanh(states @ kernel + bias) @ energy


SCORES = {AdditivePooling: scored_by_hidden_layer, DotPooling: lambda layer, states: states @ layer.query.numpy()}


@pytest.mark.parametrize("pooling", SCORES)
def test_learned_weights_are_the_softmax_of_the_scores(pooling):
    layer, random = pooling(), np.random.default_rng(1)
    layer.build(STATES.shape)
    for weight in layer.weights:
        weight.assign(random.normal(size=weight.shape))
    for text in range(BATCH):
        powers = np.exp(SCORES[pooling](layer, real(text)))
        weights = layer.token_weights(STATES, MASK)[text]
        np.testing.assert_allclose(weights[MASK[text]], powers / powers.sum(), rtol=1e-4)
        np.testing.assert_allclose(layer(STATES, MASK)[text], powers / powers.sum() @ real(text), atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_weights_sum_to_one_and_leave_padding_out(pooling):
    layer = pooling()
    layer(STATES, MASK)
    for weights in layer.weights_by_kind(STATES, MASK).values():
        np.testing.assert_allclose(np.sum(weights, axis=1), np.ones(BATCH), atol=1e-6)
        assert not weights.numpy()[~MASK].any()
    assert not np.any(layer.token_weights(STATES, np.zeros_like(MASK)))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_weights_have_the_name_of_the_choice_whatever_the_layer_is_called(pooling):
    chosen = Path(__file__).parents[2] / "conf" / "pooling" / f"{pooling.kind}.yaml"
    assert f"_target_: classifier.encoders.{pooling.__name__}" in chosen.read_text().splitlines()
    layer = pooling(name="pooling")
    kinds = [part.kind for part in layer.parts] if pooling is ConcatPooling else [pooling.kind]
    layer(STATES, MASK)
    assert list(layer.weights_by_kind(STATES, MASK)) == kinds


def test_a_token_counts_in_the_maximum_by_the_features_it_gives():
    weights = MaxPooling().token_weights(STATES, MASK).numpy()
    for text in range(BATCH):
        given = np.bincount(real(text).argmax(axis=0), minlength=TOKENS)
        np.testing.assert_allclose(weights[text], given / WIDTH, atol=1e-6)


def test_concat_weights_are_those_of_its_parts():
    layer = ConcatPooling(["max", "first"])
    found = layer.weights_by_kind(STATES, MASK)
    assert list(found) == ["max", "first"]
    np.testing.assert_allclose(layer.token_weights(STATES, MASK), (found["max"] + found["first"]) / 2, atol=1e-6)


def test_concat_is_side_by_side():
    joined = ConcatPooling(["max", "first"])(STATES, MASK)
    np.testing.assert_array_equal(
        joined, np.concatenate([MaxPooling()(STATES, MASK), FirstPooling()(STATES, MASK)], axis=1)
    )


@pytest.mark.parametrize("names", [[], ["mean", "median"]])
def test_concat_refuses(names):
    with pytest.raises(ValueError, match="choose from additive, dot, mean, max, first"):
        ConcatPooling(names)
