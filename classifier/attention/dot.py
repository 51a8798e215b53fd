"""Dot attention (Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation")."""

import keras
from keras import ops

from classifier.attention.base import Attention


@keras.saving.register_keras_serializable(package="classifier")
class DotAttention(Attention):
    """score(query, key) = query . key   (equation 8, "dot").

    There are no trainable weights. Time is proportional to queries x keys x width, memory to queries x keys.

    Args:
        dropout: see `Attention`.
    """

    def scores(self, query, key):
        return ops.matmul(query, ops.swapaxes(key, -1, -2))
