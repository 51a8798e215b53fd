"""What all attention mechanisms share: score, mask, softmax, dropout, mix. A mechanism only says how to score."""

from abc import abstractmethod

import keras
from keras import ops


def masked_softmax(scores, mask=None):
    """Softmax over the last axis; entries whose mask is False get weight 0, and a row without any True gets only zeros.

    Args:
        scores: (..., queries, keys).
        mask: boolean, broadcastable to scores, or None.
    """
    if mask is None:
        return ops.softmax(scores)
    hidden = ops.cast(-1e9 if keras.backend.standardize_dtype(scores.dtype) != "float16" else -6e4, scores.dtype)
    return ops.where(mask, ops.softmax(ops.where(mask, scores, hidden)), ops.zeros((), scores.dtype))


class Attention(keras.layers.Layer):
    """Mixes values by how well their keys answer a query. Abstract: a mechanism defines `scores`.

    Args:
        dropout: share of the attention weights that are dropped while training.
    """

    def __init__(self, dropout: float = 0.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.dropout = dropout
        self.drop = keras.layers.Dropout(dropout, name="drop")

    @abstractmethod
    def scores(self, query, key):
        """(batch, queries, width), (batch, keys, width) -> (batch, [heads,] queries, keys), before the softmax."""

    def mix(self, weights, value):
        """(batch, [heads,] queries, keys), (batch, keys, width) -> (batch, queries, width)."""
        return ops.matmul(weights, value)

    def call(self, query, value, key=None, mask=None, training=None, return_weights=False):
        """(batch, queries, width), (batch, keys, width) -> (batch, queries, width).

        Args:
            query: (batch, queries, width).
            value: (batch, keys, width).
            key: (batch, keys, width); None: the value.
            mask: boolean, (batch, queries or 1, keys), True where a query may look; None: everywhere.
            training: whether weights are dropped.
            return_weights: also return the weights, (batch, [heads,] queries, keys).
        """
        weights = masked_softmax(self.scores(query, value if key is None else key), self.spread(mask))
        context = self.mix(self.drop(weights, training=training), value)
        return (context, weights) if return_weights else context

    def spread(self, mask):
        """The mask in the shape of the scores: here as it is, over the heads where there are any."""
        return mask

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        return (*query_shape[:-1], value_shape[-1])

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}
