"""What stands around attention: embedding before it, the block that holds it, pooling after it."""

from classifier.layers.embedding import TokenAndPositionEmbedding, TokenDropout
from classifier.layers.encoder_block import EncoderBlock
from classifier.layers.pooling import (
    AdditivePooling,
    DotPooling,
    FirstPooling,
    JoinedPooling,
    MaxPooling,
    MeanPooling,
    Pooling,
)

__all__ = [
    "AdditivePooling",
    "DotPooling",
    "EncoderBlock",
    "FirstPooling",
    "JoinedPooling",
    "MaxPooling",
    "MeanPooling",
    "Pooling",
    "TokenAndPositionEmbedding",
    "TokenDropout",
]
