"""From the attention of every layer and head to one value for each token, and from tokens to words."""

from collections.abc import Mapping, Sequence

import numpy as np

from classifier.explanation.explanation import Array


def rollout(layers: Sequence[Array]) -> Array:
    """How much of each token is in each state after the last layer, (tokens, tokens).

    The product of (A + 1) / 2 over the layers, where A is the mean of the heads and 1 stands for the residual
    (Abnar and Zuidema 2020, section 3, equation 1).

    Args:
        layers: (heads, tokens, tokens) each, the lowest first, at least one.

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
    """The shares of the tokens, (tokens,), by each method that needs no class.

    Args:
        layers: (heads, tokens, tokens) each, the lowest first.
        pooling: by name, (tokens,).
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
    """Values of tokens, (tokens,), summed over the tokens of each word, (words,); special tokens have no word."""
    inside = places >= 0
    return np.bincount(places[inside], weights=values[inside], minlength=words)
