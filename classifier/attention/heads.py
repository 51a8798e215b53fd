"""Base class of attention with several heads: four projections, and splitting and merging of heads."""

from keras import ops

from classifier.attention.base import Attention


class HeadedAttention(Attention):
    """Abstract: attention with several parallel heads (Vaswani et al. 2017, section 3.2.2).

    Args:
        num_heads: number of heads; the width must be a multiple of it.
        dropout: see `Attention`.

    Raises:
        ValueError: in `build`, if the width is not a multiple of `num_heads`.
    """

    def __init__(self, num_heads: int = 4, dropout: float = 0.0, **kwargs) -> None:
        super().__init__(dropout=dropout, **kwargs)
        self.num_heads = num_heads

    def build(self, query_shape, value_shape, key_shape=None):
        width = query_shape[-1]
        if width % self.num_heads:
            raise ValueError(f"The width {width} is not a multiple of num_heads={self.num_heads}.")
        self.scale = (width // self.num_heads) ** -0.5
        self.query = self.projection("query", width, query_shape)
        self.key = self.projection("key", width, key_shape or value_shape)
        self.value = self.projection("value", width, value_shape)
        self.output_projection = self.projection("output", width, (*query_shape[:-1], width))

    def project(self, query, key, value):
        """Projects inputs from (batch, tokens, width) to (batch, heads, tokens, width / heads); scales the query."""
        if query is key is value:  # self-attention: one wide product instead of three narrow products
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
        return ops.transpose(
            ops.reshape(states, (batch, tokens, self.num_heads, width // self.num_heads)), (0, 2, 1, 3)
        )

    def merge(self, states):
        """(batch, heads, tokens, width / heads) -> (batch, tokens, width)."""
        batch, heads, tokens, narrow = ops.shape(states)
        return ops.reshape(ops.transpose(states, (0, 2, 1, 3)), (batch, tokens, heads * narrow))

    def visible(self, mask):
        return ops.expand_dims(mask, 1)

    def finish(self, context):
        return self.output_projection(self.merge(context))

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        return tuple(query_shape)

    def get_config(self):
        return {**super().get_config(), "num_heads": self.num_heads}
