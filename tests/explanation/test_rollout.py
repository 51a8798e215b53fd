"""Rollout in comparison with values computed by hand, and aggregation of tokens to words."""

import numpy as np

from classifier.explanation.rollout import by_word, rollout, token_shares

LOWER = np.array([[[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]])  # two heads, whose mean is 1/2 1/2, 1 0
UPPER = np.array([[[0.0, 1.0], [0.0, 1.0]]])


def test_by_hand():
    """With the residual as half of each layer: the lower is 3/4 1/4, 1/2 1/2 and the upper 1/2 1/2, 0 1."""
    np.testing.assert_allclose(rollout([LOWER]), [[0.75, 0.25], [0.5, 0.5]])
    np.testing.assert_allclose(rollout([LOWER, UPPER]), [[0.625, 0.375], [0.5, 0.5]])


def test_each_token_is_made_of_all_tokens_in_sum_one():
    random = np.random.default_rng(0)
    layers = [random.dirichlet(np.ones(7), (3, 7)) for _ in range(4)]
    np.testing.assert_allclose(rollout(layers).sum(axis=1), 1)


def test_shares_of_the_tokens():
    shares = token_shares([LOWER, UPPER], {"first": np.array([1.0, 0.0]), "mean": np.array([0.5, 0.5])})
    np.testing.assert_allclose(shares["pooling"], [0.75, 0.25])
    np.testing.assert_allclose(shares["attention"], [(0.75 + 0) / 2, (0.25 + 1) / 2])
    np.testing.assert_allclose(shares["rollout"], [0.75 * 0.625 + 0.25 * 0.5, 0.75 * 0.375 + 0.25 * 0.5])


def test_a_model_without_attention_has_its_pooling():
    assert set(token_shares([], {"mean": np.array([0.5, 0.5])})) == {"pooling"}


def test_pieces_are_gathered_into_words_and_words_without_any_have_nothing():
    np.testing.assert_allclose(by_word(np.array([1.0, 2.0, 4.0]), np.array([0, 2, 2]), 4), [1, 0, 6, 0])
