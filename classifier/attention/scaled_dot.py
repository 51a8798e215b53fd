"""Scaled dot-product attention (Vaswani et al. 2017, "Attention is all you need", section 3.2.1)."""

import keras
from keras import ops

from classifier.attention.base import Attention


@keras.saving.register_keras_serializable(package="classifier")
class ScaledDotAttention(Attention):
    """score(query, key) = query . key / sqrt(width)   (equation 1).

    Scaled so that the scores of wide vectors do not push the softmax to where its gradient vanishes. No weights to
    learn. Time grows with queries x keys x width, memory with queries x keys.

    Args:
        dropout: see `Attention`.
    """

    def scores(self, query, key):
        return ops.matmul(query * query.shape[-1] ** -0.5, ops.swapaxes(key, -1, -2))
