"""An encoder that is trained from scratch, as a Keras model; it corresponds to the diagram in docs/model.md."""

from collections.abc import Callable

import keras
from keras import ops

from classifier.attention import Attention
from classifier.encoders import EncoderBlock, Pooling, TokenAndPositionEmbedding, TokenDropout
from classifier.settings import Block, ScratchSettings
from classifier.tokenizers import PADDING_ID


def build_classifier(
    settings: ScratchSettings,
    attention: Callable[[], Attention],
    pooling: Pooling,
    vocabulary_size: int,
    max_tokens: int,
    classes: int,
) -> keras.Model:
    """Builds a model from token ids (batch, tokens) to logits (batch, classes); padding (0) never affects the output.

    Args:
        settings: widths, depth and dropout rates.
        attention: function that creates the attention of a block.
        pooling: pooling layer.
        vocabulary_size: upper bound of the ids.
        max_tokens: maximum length of a text.
        classes: number of labels.
    """
    ids = keras.Input((None,), dtype="int32", name="ids")
    mask = ops.not_equal(ids, PADDING_ID)
    kept = TokenDropout(settings.token_dropout, name="token_dropout")(ids)
    states = TokenAndPositionEmbedding(
        vocabulary_size, max_tokens, settings.width, settings.positions.name, name="embedding"
    )(kept)
    states = keras.layers.Dropout(settings.embedding_dropout, name="embedding_dropout")(states)
    for number in range(settings.depth):
        states = block(settings, attention(), name=f"block_{number}")(states, mask=mask)
    if settings.normalize.name == "before" and settings.depth:
        states = keras.layers.LayerNormalization(epsilon=1e-6, name="final_norm")(states)
    context = keras.layers.Dropout(settings.head_dropout, name="head_dropout")(pooling(states, mask=mask))
    return keras.Model(ids, keras.layers.Dense(classes, dtype="float32", name="logits")(context), name="classifier")


def block(settings: ScratchSettings, attention: Attention, name: str) -> keras.layers.Layer:
    """Creates an encoder block: our own, or that of KerasNLP, which has its own attention with the same heads."""
    shared = {
        "intermediate_dim": settings.intermediate_dim,
        "activation": settings.activation.value,
        "dropout": settings.dropout,
        "normalize": settings.normalize.name,
        "name": name,
    }
    if settings.block is Block.own:
        return EncoderBlock(attention, **shared)
    from classifier.encoders.keras_nlp_block import KerasNlpBlock  # importing keras-nlp takes a second

    return KerasNlpBlock(attention.num_heads, **shared)
