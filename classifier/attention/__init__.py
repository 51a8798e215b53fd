"""Attention mechanisms, one per file.

base        common base class: score, mask, softmax, dropout, weighted sum
additive    v . tanh(W query + U key)                                   Bahdanau et al. 2015
dot         query . key                                                 Luong et al. 2015
general     query . W key                                               Luong et al. 2015
concat      v . tanh(W [query; key])                                    Luong et al. 2015
scaled_dot  query . key / sqrt(width)                                   Vaswani et al. 2017
heads       base class of the next three: projections, splitting and merging of heads
multi_head  scaled dot in several heads                                 Vaswani et al. 2017
rotary      multi-head, query and key rotated by their positions        Su et al. 2021
local       multi-head in a sliding window, linear in the length        Beltagy et al. 2020
official    Keras's attention layers, for comparison
"""

from classifier.attention.additive import AdditiveAttention
from classifier.attention.base import Attention, masked_softmax
from classifier.attention.concat import ConcatAttention
from classifier.attention.dot import DotAttention
from classifier.attention.general import GeneralAttention
from classifier.attention.heads import HeadedAttention
from classifier.attention.local import LocalAttention
from classifier.attention.multi_head import MultiHeadAttention
from classifier.attention.official import (
    KerasAdditiveAttention,
    KerasConcatAttention,
    KerasDotAttention,
    KerasMultiHeadAttention,
)
from classifier.attention.rotary import RotaryAttention
from classifier.attention.scaled_dot import ScaledDotAttention

__all__ = [
    "AdditiveAttention",
    "Attention",
    "ConcatAttention",
    "DotAttention",
    "GeneralAttention",
    "HeadedAttention",
    "KerasAdditiveAttention",
    "KerasConcatAttention",
    "KerasDotAttention",
    "KerasMultiHeadAttention",
    "LocalAttention",
    "MultiHeadAttention",
    "RotaryAttention",
    "ScaledDotAttention",
    "masked_softmax",
]
