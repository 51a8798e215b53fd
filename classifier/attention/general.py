"""General attention (Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation")."""

import keras
from keras import ops

from classifier.attention.base import Attention


@keras.saving.register_keras_serializable(package="classifier")
class GeneralAttention(Attention):
    """score(query, key) = query . W key   (equation 8, "general").

    Query and key may have different widths. Time is proportional to queries x keys x width, memory to queries x keys.

    Args:
        dropout: see `Attention`.
    """

    def build(self, query_shape, value_shape, key_shape=None):
        self.key = self.projection("key", query_shape[-1], key_shape or value_shape, use_bias=False)

    def project(self, query, key, value):
        return query, self.key(key), value

    def scores(self, query, key):
        return ops.matmul(query, ops.swapaxes(key, -1, -2))
