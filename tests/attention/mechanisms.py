"""All attention mechanisms by their name on the command line, small enough to test."""

from check_layer import HEADS

from classifier import attention

OURS = {
    "additive": attention.AdditiveAttention,
    "concat": attention.ConcatAttention,
    "dot": attention.DotAttention,
    "general": attention.GeneralAttention,
    "local": lambda: attention.LocalAttention(window=5, num_heads=HEADS),
    "multi_head": lambda: attention.MultiHeadAttention(HEADS),
    "rotary": lambda: attention.RotaryAttention(HEADS),
    "scaled_dot": attention.ScaledDotAttention,
}
OFFICIAL = {
    "keras_additive": attention.KerasAdditiveAttention,
    "keras_concat": attention.KerasConcatAttention,
    "keras_dot": attention.KerasDotAttention,
    "keras_multi_head": lambda: attention.KerasMultiHeadAttention(HEADS),
}
HEADED = ("local", "multi_head", "rotary", "keras_multi_head")
