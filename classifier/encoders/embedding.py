"""Converts token ids to vectors: token dropout, and token and position embedding."""

import keras
from keras import ops

from classifier.tokenizers import PADDING_ID, UNKNOWN_ID


@keras.saving.register_keras_serializable(package="classifier")
class TokenDropout(keras.layers.Layer):
    """During training, replaces a share of the ids with the unknown id, to avoid reliance on single words.

    (batch, tokens) -> (batch, tokens); padding is unchanged.  (Word dropout: Iyyer et al. 2015, section 3.1.)

    Args:
        rate: share of the tokens to replace.
    """

    def __init__(self, rate: float, **kwargs) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, ids, training=None):
        if not training or not self.rate:
            return ids
        dropped = keras.random.uniform(ops.shape(ids), seed=self.seed_generator) < self.rate
        return ops.where(ops.logical_and(dropped, ops.not_equal(ids, PADDING_ID)), UNKNOWN_ID, ids)

    def compute_output_shape(self, ids_shape):
        return ids_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


@keras.saving.register_keras_serializable(package="classifier")
class TokenAndPositionEmbedding(keras.layers.Layer):
    """Sum of token embeddings and position embeddings: (batch, tokens) -> (batch, tokens, width).

    Positions are `learned` (Gehring et al. 2017, section 3.1) or `sinusoidal` (Vaswani et al. 2017, section 3.5), with
    the same scale relative to token vectors as in the paper. With `rotary` and `none`, nothing is added.

    Args:
        vocabulary_size: upper bound of the ids.
        max_tokens: maximum length of a text; only used for learned positions.
        width: size of a vector.
        positions: `learned`, `sinusoidal`, `rotary` or `none`.
    """

    def __init__(self, vocabulary_size: int, max_tokens: int, width: int, positions: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.max_tokens = max_tokens
        self.width = width
        self.positions = positions

    def build(self, ids_shape):
        normal = keras.initializers.RandomNormal(stddev=self.width**-0.5)
        self.token_embeddings = self.add_weight(
            (self.vocabulary_size, self.width), initializer=normal, name="token_embeddings"
        )
        if self.positions == "learned":
            small = keras.initializers.RandomNormal(stddev=0.1 * self.width**-0.5)
            self.position_embeddings = self.add_weight(
                (self.max_tokens, self.width), initializer=small, name="position_embeddings"
            )

    def call(self, ids):
        tokens = ops.take(self.token_embeddings, ids, axis=0)
        if self.positions == "learned":
            return tokens + self.position_embeddings[: ops.shape(ids)[1]]
        if self.positions == "sinusoidal":
            return tokens + self.width**-0.5 * sinusoids(ops.shape(ids)[1], self.width)
        return tokens

    def compute_output_shape(self, ids_shape):
        return (*ids_shape, self.width)

    def get_config(self):
        names = ("vocabulary_size", "max_tokens", "width", "positions")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def sinusoids(tokens, width: int):
    """Returns sines in the first half of the features and cosines in the second half, of shape (tokens, width).

    The wavelengths grow from 2 pi to 10000 x 2 pi (Vaswani et al. 2017, section 3.5, where they are interleaved).
    """
    half = width // 2
    frequencies = 10_000.0 ** (-ops.arange(half, dtype="float32") / half)
    angles = ops.arange(tokens, dtype="float32")[:, None] * frequencies
    waves = ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)
    return ops.pad(waves, [[0, 0], [0, width - 2 * half]])
