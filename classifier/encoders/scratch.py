"""An encoder that is trained from scratch, as a Keras model; it corresponds to the diagram in docs/model.md."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops

from classifier.attention import Attention
from classifier.encoders import EncoderBlock, Pooling, TokenAndPositionEmbedding, TokenDropout
from classifier.settings import Block, EncoderSettings
from classifier.tokenizers import PADDING_ID, Tokenizer


def build_classifier(
    settings: EncoderSettings,
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


def block(settings: EncoderSettings, attention: Attention, name: str) -> keras.layers.Layer:
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


class Explained(NamedTuple):
    """The logits of a classifier, with its attention and pooling weights.

    logits: tensor of shape (batch, classes).
    attention: for each block, weights of shape (batch, [heads,] tokens, tokens); rows are queries.
    pooling: weights of shape (batch, tokens) by the kind of pooling.
    """

    logits: Any
    attention: list[Any]
    pooling: dict[str, Any]


class ScratchEncoder:
    """An encoder with its tokenizer; no other code depends on the layers of the Keras model.

    Args:
        model: result of `build_classifier`, from ids (batch, tokens) to logits (batch, classes).
        tokenizer: tokenizer of the encoder.
    """

    def __init__(self, model: keras.Model, tokenizer: Tokenizer) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.embedding = model.get_layer("embedding")

    @property
    def width(self) -> int:
        """The size of a token state."""
        return self.embedding.width

    @property
    def token_embeddings(self):
        """The token embeddings, of shape (vocabulary, width)."""
        return self.embedding.token_embeddings

    def embed(self, ids):
        """Embeds ids (batch, tokens) as states (batch, tokens, width)."""
        return self.embedding(ids)

    def watch(self, states, mask) -> Explained:
        """Applies the layers after `embed` without dropout, and collects attention and pooling weights.

        Args:
            states: tensor of shape (batch, tokens, width).
            mask: boolean tensor of shape (batch, tokens), False for padding.
        """
        attention, pooling = [], {}
        for layer in self.model.layers:
            if layer.name.startswith("block_"):
                states, weights = layer(states, mask=mask, return_weights=True)
                attention.append(weights)
            elif isinstance(layer, Pooling):
                pooling = layer.weights_by_kind(states, mask)
                states = layer(states, mask=mask)
            elif layer.name in ("final_norm", "logits"):
                states = layer(states)
        return Explained(states, attention, pooling)
