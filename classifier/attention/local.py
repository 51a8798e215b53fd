"""Local attention: a sliding window (Beltagy et al. 2020, "Longformer: The Long-Document Transformer", section 3.1)."""

import keras
import numpy as np
from keras import ops

from classifier.attention.heads import HeadedAttention


@keras.saving.register_keras_serializable(package="classifier")
class LocalAttention(HeadedAttention):
    """Multi-head attention in which a token attends only to `window` neighbours on either side.

    Tokens are divided into blocks of `window`; a block of queries is compared with the same block of keys and the two
    adjacent blocks. Time and memory are proportional to tokens x window, and therefore linear in the length of a text.

    Args:
        window: number of visible tokens to the left and to the right.
        num_heads, dropout: see `HeadedAttention`.
    """

    def __init__(self, window: int = 32, num_heads: int = 4, dropout: float = 0.0, **kwargs) -> None:
        super().__init__(num_heads=num_heads, dropout=dropout, **kwargs)
        self.window = window

    def call(self, query, value, key=None, mask=None, training=None, return_weights=False):
        """See `Attention`; position i of the queries corresponds to position i of the keys."""
        queries, keys = ops.shape(query)[1], ops.shape(value)[1]
        blocks = (ops.maximum(queries, keys) + self.window - 1) // self.window
        tokens = blocks * self.window

        def padded(states):
            return ops.pad(states, [[0, 0], [0, tokens - ops.shape(states)[1]], [0, 0]])

        long_query = padded(query)
        long_value = long_query if value is query else padded(value)
        long_key = None if key is None else long_value if key is value else padded(key)
        if mask is None:
            mask = ops.ones((ops.shape(query)[0], 1, keys), bool)
        rows = [0, 0] if mask.shape[1] == 1 else [0, tokens - queries]
        mask = ops.pad(mask, [[0, 0], rows, [0, tokens - keys]])
        found = super().call(long_query, long_value, long_key, mask, training, return_weights)
        if not return_weights:
            return found[:, :queries]
        return found[0][:, :queries], self.full_weights(found[1])[:, :, :queries, :keys]

    def project(self, query, key, value):
        """Returns queries (batch, heads, blocks, window, width / heads), and keys and values with three windows."""
        query, key, value = (self.cut(states) for states in super().project(query, key, value))
        return query, self.with_neighbours(key), self.with_neighbours(value)

    def cut(self, states):
        """(batch, heads, tokens, any) -> (batch, heads, blocks, window, any)."""
        batch, heads, tokens, width = ops.shape(states)
        return ops.reshape(states, (batch, heads, tokens // self.window, self.window, width))

    def with_neighbours(self, blocks):
        """(batch, heads, blocks, window, any) -> (batch, heads, blocks, 3 x window, any), zeros beyond the ends."""
        around = ops.pad(blocks, [[0, 0], [0, 0], [1, 1], [0, 0], [0, 0]])
        return ops.concatenate([around[:, :, :-2], around[:, :, 1:-1], around[:, :, 2:]], axis=3)

    def scores(self, query, key):
        """Returns scores of shape (batch, heads, blocks, window, 3 x window)."""
        return ops.matmul(query, ops.swapaxes(key, -1, -2))

    def visible(self, mask):
        """(batch, 1 or tokens, tokens) -> (batch, 1, blocks, window, 3 x window)."""
        places = np.arange(3 * self.window) - self.window - np.arange(self.window)[:, None]
        near = np.abs(places) <= self.window
        columns = self.window * ops.arange(ops.shape(mask)[2] // self.window)[:, None] + np.arange(3 * self.window)
        mask = ops.pad(mask, [[0, 0], [0, 0], [self.window, self.window]])
        if mask.shape[1] == 1:  # the same for all queries
            return ops.logical_and(ops.take(mask[:, 0], columns, axis=1)[:, None, :, None, :], near)
        batch, tokens, width = ops.shape(mask)
        rows = ops.reshape(mask, (batch, tokens // self.window, self.window, width))
        return ops.logical_and(ops.take_along_axis(rows, columns[None, :, None, :], axis=-1)[:, None], near)

    def finish(self, context):
        batch, heads, blocks, window, width = ops.shape(context)
        return super().finish(ops.reshape(context, (batch, heads, blocks * window, width)))

    def full_weights(self, weights):
        """Converts weights (batch, heads, blocks, window, 3 x window) to (batch, heads, tokens, tokens)."""
        batch, heads, blocks, window, _ = ops.shape(weights)
        places = window * (ops.arange(blocks)[:, None] - 1) + np.arange(3 * self.window)
        spread = ops.one_hot(places, blocks * window, dtype=weights.dtype)
        by_block = ops.reshape(ops.transpose(weights, (2, 0, 1, 3, 4)), (blocks, batch * heads * window, 3 * window))
        rows = ops.reshape(ops.matmul(by_block, spread), (blocks, batch, heads, window, blocks * window))
        return ops.reshape(ops.transpose(rows, (1, 2, 0, 3, 4)), (batch, heads, blocks * window, blocks * window))

    def get_config(self):
        return {**super().get_config(), "window": self.window}
