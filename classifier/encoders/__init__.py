"""Encoders: from token ids (batch, tokens) to logits (batch, classes).

`scratch` builds one whose weights are learned from scratch, out of `embedding`, blocks that hold an attention
(`encoder_block`, `keras_nlp_block`) and `pooling`; `pretrained` builds one that others trained, out of the same blocks.
`encoder` is what the rest of the package asks of either.
"""

from classifier.encoders.embedding import TokenAndPositionEmbedding, TokenDropout
from classifier.encoders.encoder_block import EncoderBlock
from classifier.encoders.pooling import (
    AdditivePooling,
    ConcatPooling,
    DotPooling,
    FirstPooling,
    MaxPooling,
    MeanPooling,
    Pooling,
)

__all__ = [
    "AdditivePooling",
    "ConcatPooling",
    "DotPooling",
    "EncoderBlock",
    "FirstPooling",
    "MaxPooling",
    "MeanPooling",
    "Pooling",
    "TokenAndPositionEmbedding",
    "TokenDropout",
]
