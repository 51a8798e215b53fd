"""Rotary attention (Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding")."""

import keras
from keras import ops

from classifier.attention.heads import HeadedAttention

LONGEST_WAVELENGTH = 10_000


@keras.saving.register_keras_serializable(package="classifier")
class RotaryAttention(HeadedAttention):
    """Multi-head attention with queries and keys rotated by their positions, so that scores depend on the distance.

    score(query_m, key_n) = (R_m query) . (R_n key) = query . R_(n-m) key   (equation 16), where R_m rotates each pair
    of features by an angle m theta_i, theta_i = 10000^(-2 i / width of a head)   (equation 15).
    Time is proportional to queries x keys x width, memory to queries x keys x heads.

    Args:
        num_heads, dropout: see `HeadedAttention`; the width of a head must be even.

    Raises:
        ValueError: in `build`, if the width of a head is odd.
    """

    def build(self, query_shape, value_shape, key_shape=None):
        super().build(query_shape, value_shape, key_shape)
        if query_shape[-1] // self.num_heads % 2:
            raise ValueError(
                f"The width {query_shape[-1]} in num_heads={self.num_heads} leaves an odd width to a head."
            )

    def project(self, query, key, value):
        query, key, value = super().project(query, key, value)
        return rotate(query), rotate(key), value

    def scores(self, query, key):
        return ops.matmul(query, ops.swapaxes(key, -1, -2))


def rotate(states):
    """Rotates features i and i + width / 2 of each token in (..., tokens, width) by its position."""
    half = states.shape[-1] // 2
    frequencies = LONGEST_WAVELENGTH ** (-ops.arange(half, dtype="float32") / half)
    angles = ops.arange(ops.shape(states)[-2], dtype="float32")[:, None] * frequencies
    cosine, sine = ops.cast(ops.cos(angles), states.dtype), ops.cast(ops.sin(angles), states.dtype)
    first, second = ops.split(states, 2, axis=-1)
    return ops.concatenate([first * cosine - second * sine, second * cosine + first * sine], axis=-1)
