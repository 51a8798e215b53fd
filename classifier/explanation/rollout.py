"""Aggregates the attention of all layers and heads to one value per token, and tokens to words."""

from collections.abc import Mapping, Sequence

import numpy as np

from classifier.explanation.explanation import Array


def rollout(layers: Sequence[Array]) -> Array:
    """Returns the share of each token in each state after the last layer, of shape (tokens, tokens).

    The result is the product of (A + I) / 2 over the layers, where A is the mean over the heads and the identity I
    represents the residual connection (Abnar and Zuidema 2020, section 3, equation 1).

    Args:
        layers: attention of shape (heads, tokens, tokens) of each layer, lowest first; at least one layer.

    >>> rollout([np.array([[[0.0, 1.0], [0.0, 1.0]]])])
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    mixed = [(heads.mean(axis=0) + np.eye(heads.shape[-1])) / 2 for heads in layers]
    whole = mixed[0]
    for layer in mixed[1:]:
        whole = layer @ whole
    return whole


def token_shares(layers: Sequence[Array], pooling: Mapping[str, Array]) -> dict[str, Array]:
    """Returns the shares of the tokens, of shape (tokens,), by each method that does not depend on a class.

    Args:
        layers: attention of shape (heads, tokens, tokens) of each layer, lowest first.
        pooling: weights of shape (tokens,) by name.
    """
    pooled = np.mean(list(pooling.values()), axis=0)
    shares = {"pooling": pooled}
    if layers:
        shares |= {
            "attention": np.mean([heads.mean(axis=0) for heads in layers], axis=0).sum(axis=0) / max(1, len(pooled)),
            "rollout": pooled @ rollout(layers),
        }
    return shares


def by_word(values: Array, places: np.ndarray, words: int) -> Array:
    """Sums values (tokens,) over the tokens of each word (words,); special tokens do not belong to a word."""
    inside = places >= 0
    return np.bincount(places[inside], weights=values[inside], minlength=words)
