"""Keras's attention layers with the same interface, for comparison."""

from abc import abstractmethod

import keras

from classifier.attention.base import Attention


class OfficialAttention(Attention):
    """Abstract: a Keras layer with the inputs [query, value, key] and a mask of the keys.

    Keras adds or multiplies queries and keys without projections; the projections of the formula are added here. In
    contrast to our layers, the context of a query without any visible key is the mean of all values.

    Args:
        dropout: see `Attention`.
    """

    @abstractmethod
    def make(self) -> keras.layers.Layer:
        """Creates the Keras layer, which is not built yet."""

    def build(self, query_shape, value_shape, key_shape=None):
        width = query_shape[-1]
        self.query = self.projection("query", width, query_shape, use_bias=False)
        self.key = self.projection("key", width, key_shape or value_shape, use_bias=False)
        self.layer = self.make()
        self.layer.build([query_shape, value_shape, (*value_shape[:-1], width)])

    def project(self, query, key, value):
        return self.query(query), self.key(key), value

    def call(self, query, value, key=None, mask=None, training=None, return_weights=False):
        """See `Attention`; the mask must be the same for all queries, (batch, 1, keys)."""
        if mask is not None and mask.shape[1] != 1:
            raise ValueError(f"{type(self).__name__} takes a mask of the keys alone, (batch, 1, keys).")
        query, key, value = self.project(query, value if key is None else key, value)
        context, weights = self.layer(
            [query, value, key],
            mask=None if mask is None else [None, mask[:, 0]],
            training=training,
            return_attention_scores=True,
        )
        return (context, weights) if return_weights else context


@keras.saving.register_keras_serializable(package="classifier")
class KerasAdditiveAttention(OfficialAttention):
    """keras.layers.AdditiveAttention, which computes the same as `AdditiveAttention`.

    Time and memory are proportional to queries x keys x width, because the hidden layer of every pair is stored.
    """

    def make(self) -> keras.layers.Layer:
        return keras.layers.AdditiveAttention(dropout=self.dropout, name="official", dtype=self.dtype_policy)


@keras.saving.register_keras_serializable(package="classifier")
class KerasConcatAttention(OfficialAttention):
    """keras.layers.Attention(score_mode="concat"): `ConcatAttention` with a scalar v.

    Time and memory are proportional to queries x keys x width, because the hidden layer of every pair is stored.
    """

    def make(self) -> keras.layers.Layer:
        return keras.layers.Attention(
            score_mode="concat", dropout=self.dropout, name="official", dtype=self.dtype_policy
        )


@keras.saving.register_keras_serializable(package="classifier")
class KerasDotAttention(OfficialAttention):
    """keras.layers.Attention, which computes the same as `DotAttention`.

    Time is proportional to queries x keys x width, memory to queries x keys.
    """

    def make(self) -> keras.layers.Layer:
        return keras.layers.Attention(dropout=self.dropout, name="official", dtype=self.dtype_policy)

    def build(self, query_shape, value_shape, key_shape=None):
        self.layer = self.make()
        self.layer.build([query_shape, value_shape, key_shape or value_shape])

    def project(self, query, key, value):
        return query, key, value


@keras.saving.register_keras_serializable(package="classifier")
class KerasMultiHeadAttention(Attention):
    """keras.layers.MultiHeadAttention, which computes the same as `MultiHeadAttention`.

    Time is proportional to queries x keys x width, memory to queries x keys x heads.

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
        self.layer = keras.layers.MultiHeadAttention(
            self.num_heads, width // self.num_heads, dropout=self.dropout, name="official", dtype=self.dtype_policy
        )
        self.layer.build(query_shape, value_shape, key_shape)

    def call(self, query, value, key=None, mask=None, training=None, return_weights=False):
        return self.layer(
            query, value, key, attention_mask=mask, training=training, return_attention_scores=return_weights
        )

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        return tuple(query_shape)

    def get_config(self):
        return {**super().get_config(), "num_heads": self.num_heads}
