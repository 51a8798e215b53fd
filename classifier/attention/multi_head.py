"""Multi-head attention (Vaswani et al. 2017, "Attention is all you need", section 3.2.2)."""

import keras
from keras import ops

from classifier.attention.heads import HeadedAttention


@keras.saving.register_keras_serializable(package="classifier")
class MultiHeadAttention(HeadedAttention):
    """Scaled dot-product attention in several heads, which are concatenated and projected.

    head_i = softmax((query W_i^Q) (key W_i^K)^T / sqrt(width / heads)) (value W_i^V);
    output = concat(head_1 .. head_h) W^O   (equation 1 and the equations in section 3.2.2).
    Time is proportional to queries x keys x width, memory to queries x keys x heads.

    Args:
        num_heads, dropout: see `HeadedAttention`.
    """

    def scores(self, query, key):
        return ops.matmul(query, ops.swapaxes(key, -1, -2))
