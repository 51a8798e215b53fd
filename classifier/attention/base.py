"""What all mechanisms share: project, score, mask, softmax, dropout, mix. A mechanism only says how to score."""

from abc import abstractmethod
from typing import Any

import keras
from keras import ops


def hide(scores, mask):
    """The scores, far below any other where the mask is False, so that the softmax gives such places no weight.

    Adding is one pass over the scores, forwards, and none backwards; choosing would be several.

    Args:
        scores: (..., queries, keys).
        mask: boolean, broadcastable to scores.
    """
    lowest = -1e9 if keras.backend.standardize_dtype(scores.dtype) != "float16" else -6e4
    return scores + ops.where(mask, ops.zeros((), scores.dtype), ops.cast(lowest, scores.dtype))


def masked_softmax(scores, mask=None):
    """Softmax over the last axis; entries whose mask is False get weight 0, and a row without any True gets only zeros.

    Args:
        scores: (..., queries, keys).
        mask: boolean, broadcastable to scores, or None.
    """
    if mask is None:
        return ops.softmax(scores)
    return ops.where(mask, ops.softmax(hide(scores, mask)), ops.zeros((), scores.dtype))


class Attention(keras.layers.Layer):
    """Mixes values by how well their keys answer a query. Abstract: a mechanism defines `scores`.

    weights = softmax(scores(query, key)); context = weights value   (Bahdanau et al. 2015, equations 5 and 6).

    Args:
        dropout: share of the attention weights that are dropped while training.
    """

    def __init__(self, dropout: float = 0.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.dropout = dropout
        self.drop = keras.layers.Dropout(dropout, name="drop", dtype=self.dtype_policy)

    def build(self, query_shape, value_shape, key_shape=None):
        """Makes the weights: here there are none."""

    @abstractmethod
    def scores(self, query, key) -> keras.KerasTensor:
        """Projected query and key -> (batch, [heads,] queries, keys), before the softmax."""

    def project(self, query, key, value):
        """The three inputs as `scores` and the mixing want them: here as they are."""
        return query, key, value

    def visible(self, mask):
        """The mask in the shape of the scores: here as it is, over the heads where there are any."""
        return mask

    def finish(self, context):
        """What comes after the mixing, to (batch, queries, width): here nothing."""
        return context

    def call(self, query, value, key=None, mask=None, training=None, return_weights=False) -> Any:
        """(batch, queries, width), (batch, keys, width) -> (batch, queries, width).

        A query that may look nowhere gets a context of zeros.

        Args:
            query: (batch, queries, width).
            value: (batch, keys, width).
            key: (batch, keys, width); None: the value.
            mask: boolean, (batch, queries or 1, keys), True where a query may look; None: everywhere.
            training: whether weights are dropped.
            return_weights: also return the weights, (batch, [heads,] queries, keys).
        """
        query, key, value = self.project(query, value if key is None else key, value)
        scores = self.scores(query, key)
        visible = None if mask is None else self.visible(mask)
        if visible is not None:
            scores = hide(scores, visible)
        weights = ops.softmax(scores)
        context = ops.matmul(self.drop(weights, training=training), value)
        if visible is not None:  # zeroed here, where there is least to zero
            context = ops.where(ops.any(visible, axis=-1, keepdims=True), context, ops.zeros((), context.dtype))
        context = self.finish(context)
        if not return_weights:
            return context
        return context, weights if visible is None else weights * ops.cast(visible, weights.dtype)

    def projection(self, name, width, input_shape, use_bias=True):
        """A built dense layer, (batch, tokens, any) -> (batch, tokens, width)."""
        layer = keras.layers.Dense(width, use_bias=use_bias, name=name, dtype=self.dtype_policy)
        layer.build(input_shape)
        return layer

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        return (*query_shape[:-1], value_shape[-1])

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}
