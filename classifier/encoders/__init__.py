"""Encoders: from token ids (batch, tokens) to logits (batch, classes).

`scratch` builds an encoder that is trained from scratch, from `embedding`, blocks with attention
(`encoder_block`, `keras_nlp_block`) and `pooling`; `pretrained` builds a pretrained encoder from the same blocks,
with `cosine_logits` if there are few texts per class. `encoder` defines their common interface.
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
