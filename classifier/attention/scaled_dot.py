"""Scaled dot-product attention (Vaswani et al. 2017, "Attention is all you need", section 3.2.1)."""

import keras
from keras import ops

from classifier.attention.base import Attention


@keras.saving.register_keras_serializable(package="classifier")
class ScaledDotAttention(Attention):
    """score(query, key) = query . key / sqrt(width)   (equation 1).

    The scaling prevents the scores of wide vectors from saturating the softmax, where its gradient vanishes. There are
    no trainable weights. Time is proportional to queries x keys x width, memory to queries x keys.

    Args:
        dropout: see `Attention`.
    """

    def scores(self, query, key):
        return ops.matmul(query * query.shape[-1] ** -0.5, ops.swapaxes(key, -1, -2))
