"""Concat attention (Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation")."""

import keras
from keras import ops

from classifier.attention.additive import additive_scores
from classifier.attention.base import Attention


@keras.saving.register_keras_serializable(package="classifier")
class ConcatAttention(Attention):
    """score(query, key) = v . tanh(W [query; key])   (equation 8, "concat").

    A matrix product with the concatenation is the sum of two products, so that this is additive attention with other
    initial weights and the same cost: time is proportional to queries x keys x width, memory to queries x keys.

    Args:
        dropout: see `Attention`.
    """

    def build(self, query_shape, value_shape, key_shape=None):
        width, key_width = query_shape[-1], (key_shape or value_shape)[-1]
        self.kernel = self.add_weight((width + key_width, width), initializer="glorot_uniform", name="kernel")
        normal = keras.initializers.RandomNormal(stddev=width**-0.5)
        self.energy = self.add_weight((width,), initializer=normal, name="energy")

    def project(self, query, key, value):
        of_query, of_key = ops.split(ops.cast(self.kernel, query.dtype), [query.shape[-1]], axis=0)
        return ops.matmul(query, of_query), ops.matmul(key, of_key), value

    def scores(self, query, key):
        return additive_scores(query, key, ops.cast(self.energy, query.dtype))
