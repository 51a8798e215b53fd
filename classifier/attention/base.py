"""Base class of all mechanisms: project, score, mask, softmax, dropout, weighted sum. Mechanisms define the score."""

from abc import abstractmethod
from typing import Any

import keras
from keras import ops


def hide(scores, mask):
    """Adds a large negative number to the scores where the mask is False, so that their softmax is 0.

    The addition is one pass over the scores in the forward pass and none in the backward pass; a selection would take
    several.

    Args:
        scores: tensor of shape (..., queries, keys).
        mask: boolean, broadcastable to scores.
    """
    lowest = -1e9 if keras.backend.standardize_dtype(scores.dtype) != "float16" else -6e4
    return scores + ops.where(mask, ops.zeros((), scores.dtype), ops.cast(lowest, scores.dtype))


def masked_softmax(scores, mask=None):
    """Softmax over the last axis with weight 0 where the mask is False; rows without any True are all zeros.

    Args:
        scores: tensor of shape (..., queries, keys).
        mask: boolean, broadcastable to scores, or None.
    """
    if mask is None:
        return ops.softmax(scores)
    return ops.where(mask, ops.softmax(hide(scores, mask)), ops.zeros((), scores.dtype))


class Attention(keras.layers.Layer):
    """Weighted sum of values by the similarity of their keys to a query. Abstract: subclasses define `scores`.

    weights = softmax(scores(query, key)); context = weights value   (Bahdanau et al. 2015, equations 5 and 6).

    Args:
        dropout: share of the attention weights to drop during training.
    """

    def __init__(self, dropout: float = 0.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.dropout = dropout
        self.drop = keras.layers.Dropout(dropout, name="drop", dtype=self.dtype_policy)

    def build(self, query_shape, value_shape, key_shape=None):
        """Creates the weights; by default, there are none."""

    @abstractmethod
    def scores(self, query, key) -> keras.KerasTensor:
        """Returns the scores (batch, [heads,] queries, keys) of projected queries and keys, before the softmax."""

    def project(self, query, key, value):
        """Projects the three inputs; by default, they are unchanged."""
        return query, key, value

    def visible(self, mask):
        """Reshapes the mask for broadcasting to the scores; by default, it is unchanged."""
        return mask

    def finish(self, context):
        """Converts the weighted sum to (batch, queries, width); by default, it is unchanged."""
        return context

    def call(self, query, value, key=None, mask=None, training=None, return_weights=False) -> Any:
        """Computes the context of shape (batch, queries, width).

        The context of a query without any visible key is zero.

        Args:
            query: tensor of shape (batch, queries, width).
            value: tensor of shape (batch, keys, width).
            key: tensor of shape (batch, keys, width); None means the value.
            mask: boolean tensor of shape (batch, queries or 1, keys), True for visible keys; None means all.
            training: whether to apply dropout.
            return_weights: whether to return the weights (batch, [heads,] queries, keys), too.
        """
        query, key, value = self.project(query, value if key is None else key, value)
        scores = self.scores(query, key)
        visible = None if mask is None else self.visible(mask)
        if visible is not None:
            scores = hide(scores, visible)
        weights = ops.softmax(scores)
        context = ops.matmul(self.drop(weights, training=training), value)
        if visible is not None:  # set to zero here, where the tensor is smallest
            context = ops.where(ops.any(visible, axis=-1, keepdims=True), context, ops.zeros((), context.dtype))
        context = self.finish(context)
        if not return_weights:
            return context
        return context, weights if visible is None else weights * ops.cast(visible, weights.dtype)

    def projection(self, name, width, input_shape, use_bias=True):
        """Creates and builds a dense layer from (batch, tokens, any) to (batch, tokens, width)."""
        layer = keras.layers.Dense(width, use_bias=use_bias, name=name, dtype=self.dtype_policy)
        layer.build(input_shape)
        return layer

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        return (*query_shape[:-1], value_shape[-1])

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}
