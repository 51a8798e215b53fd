"""Multi-head attention (Vaswani et al. 2017, "Attention is all you need", section 3.2.2)."""

import keras
from keras import ops

from classifier.attention.base import Attention


@keras.saving.register_keras_serializable(package="classifier")
class MultiHeadAttention(Attention):
    """softmax(Q K^T / sqrt(d)) V in several narrow heads, side by side, then joined and projected.

    head_i = softmax((query W_i^Q) (key W_i^K)^T / sqrt(width / heads)) (value W_i^V);
    output = concat(head_1 .. head_h) W^O   (equations 1 and those of section 3.2.2).
    Time and memory grow with queries x keys x heads.

    Args:
        heads: how many; the width must be a multiple of it.
        dropout: share of the attention weights that are dropped while training.

    Raises:
        ValueError: in `build`, where the width is not a multiple of heads.
    """

    def __init__(self, heads: int = 4, dropout: float = 0.0, **kwargs) -> None:
        super().__init__(dropout=dropout, **kwargs)
        self.heads = heads

    def build(self, query_shape, value_shape, key_shape=None):
        width = query_shape[-1]
        if width % self.heads:
            raise ValueError(f"The width {width} is not a multiple of heads={self.heads}.")
        self.scale = (width // self.heads) ** -0.5
        self.query = self.projection("query", width, query_shape)
        self.key = self.projection("key", width, key_shape or value_shape)
        self.value = self.projection("value", width, value_shape)
        self.output_projection = self.projection("output", width, (*query_shape[:-1], width))

    def projection(self, name, width, input_shape):
        """A built dense layer (batch, tokens, any) -> (batch, tokens, width)."""
        layer = keras.layers.Dense(width, name=name, dtype=self.dtype_policy)
        layer.build(input_shape)
        return layer

    def project(self, query, key, value):
        """Three times (batch, tokens, width) -> (batch, heads, tokens, width / heads); the query is scaled."""
        if query is key is value:  # self-attention: one wide product instead of three narrow ones
            layers = (self.query, self.key, self.value)
            kernel = ops.concatenate([layer.kernel for layer in layers], axis=1)
            bias = ops.concatenate([layer.bias for layer in layers], axis=0)
            query, key, value = ops.split(ops.matmul(query, kernel) + bias, 3, axis=-1)
        else:
            query, key, value = self.query(query), self.key(key), self.value(value)
        return self.split(query * self.scale), self.split(key), self.split(value)

    def split(self, states):
        """(batch, tokens, width) -> (batch, heads, tokens, width / heads)."""
        batch, tokens, width = ops.shape(states)
        return ops.transpose(ops.reshape(states, (batch, tokens, self.heads, width // self.heads)), (0, 2, 1, 3))

    def merge(self, states):
        """(batch, heads, tokens, width / heads) -> (batch, tokens, width)."""
        batch, heads, tokens, narrow = ops.shape(states)
        return ops.reshape(ops.transpose(states, (0, 2, 1, 3)), (batch, tokens, heads * narrow))

    def scores(self, query, key):
        return ops.matmul(query, ops.transpose(key, (0, 1, 3, 2)))

    def mix(self, weights, value):
        return self.merge(ops.matmul(weights, value))

    def finish(self, context):
        return self.output_projection(context)

    def spread(self, mask):
        return None if mask is None else mask[:, None, :, :]

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        return tuple(query_shape)

    def get_config(self):
        return {**super().get_config(), "heads": self.heads}
