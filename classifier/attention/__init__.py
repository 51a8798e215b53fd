"""The gallery of attention mechanisms: `base` holds what they share, each other file is one mechanism."""

from classifier.attention.base import Attention, masked_softmax
from classifier.attention.multi_head import MultiHeadAttention

__all__ = ["Attention", "MultiHeadAttention", "masked_softmax"]
