"""Embedding and token dropout."""

import numpy as np
import pytest
from check_layer import TOKENS, VOCABULARY, WIDTH, check_layer

from classifier.encoders import TokenAndPositionEmbedding, TokenDropout


def embed(layer, ids, mask):
    return layer(ids)


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "none"])
def test_embedding_layer(positions, tmp_path):
    layer = TokenAndPositionEmbedding(VOCABULARY, max_tokens=TOKENS + 2, width=WIDTH, positions=positions)
    check_layer(layer, embed, tmp_path, of_ids=True)


def test_embedding_is_the_sum_of_token_and_position():
    layer = TokenAndPositionEmbedding(VOCABULARY, max_tokens=7, width=WIDTH, positions="learned")
    states = layer(np.array([[3, 3, 0]]))
    tokens, positions = layer.token_embeddings.numpy(), layer.position_embeddings.numpy()
    np.testing.assert_allclose(
        states[0], [tokens[3] + positions[0], tokens[3] + positions[1], tokens[0] + positions[2]]
    )


def test_sinusoidal_positions_are_those_of_keras_nlp_in_another_order():
    import keras_nlp

    layer = TokenAndPositionEmbedding(VOCABULARY, max_tokens=1, width=WIDTH, positions="sinusoidal")
    added = layer(np.array([[3] * TOKENS]))[0] - layer.token_embeddings[3]
    official = keras_nlp.layers.SinePositionEncoding()(np.zeros((1, TOKENS, WIDTH), np.float32))[0]
    interleaved = np.concatenate([official[:, 0::2], official[:, 1::2]], axis=1)
    np.testing.assert_allclose(added * WIDTH**0.5, interleaved, atol=1e-5)


@pytest.mark.parametrize("positions", ["none", "rotary"])
def test_without_positions_the_embedding_is_that_of_the_token(positions):
    layer = TokenAndPositionEmbedding(VOCABULARY, max_tokens=7, width=WIDTH, positions=positions)
    np.testing.assert_array_equal(layer(np.array([[3, 3]]))[0, 1], layer.token_embeddings[3])
    assert len(layer.weights) == 1


def test_token_dropout_layer(tmp_path):
    check_layer(TokenDropout(0.5), embed, tmp_path, of_ids=True)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 1.0])
def test_token_dropout_rate(rate):
    ids = np.random.default_rng(0).integers(2, 99, (101, 103))
    ids[:, 90:] = 0
    layer = TokenDropout(rate)
    dropped = layer(ids, training=True).numpy()
    changed = dropped != ids
    assert (dropped[changed] == 1).all()
    assert not changed[:, 90:].any()  # padding stays padding
    assert changed[:, :90].mean() == pytest.approx(rate, abs=0.02)
    assert (layer(ids).numpy() == ids).all()
    assert rate in (0, 1) or (layer(ids, training=True).numpy() != dropped).any()  # different in each call
