"""An encoder learned from scratch, as one Keras model; reads like the diagram in docs/model.md."""

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
    """Token ids (batch, tokens), 0 is padding, to logits (batch, classes); padding never changes an output.

    Args:
        settings: widths, depth, dropout.
        attention: makes the attention of one block.
        pooling: turns token states into one vector.
        vocabulary_size: ids are below it.
        max_tokens: longest text.
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
    """One block of the encoder: ours, or keras-nlp's, which has its own attention of as many heads."""
    shared = {
        "intermediate_dim": settings.intermediate_dim,
        "activation": settings.activation.value,
        "dropout": settings.dropout,
        "normalize": settings.normalize.name,
        "name": name,
    }
    if settings.block is Block.own:
        return EncoderBlock(attention, **shared)
    from classifier.encoders.keras_nlp_block import KerasNlpBlock  # keras-nlp costs a second to import

    return KerasNlpBlock(attention.num_heads, **shared)


class Explained(NamedTuple):
    """What a classifier answers, and what it looked at.

    logits: (batch, classes).
    attention: of each block, (batch, [heads,] tokens, tokens); a row is a query.
    pooling: by the pooling's kind, (batch, tokens).
    """

    logits: Any
    attention: list[Any]
    pooling: dict[str, Any]


class ScratchEncoder:
    """A classifier's encoder with its tokenizer: what knows the layers of the Keras model, so that nothing else has to.

    Args:
        model: made by `build_classifier`: ids (batch, tokens) to logits (batch, classes).
        tokenizer: strings to words and to ids.
    """

    def __init__(self, model: keras.Model, tokenizer: Tokenizer) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.embedding = model.get_layer("embedding")

    @property
    def width(self) -> int:
        """Of the state of a token."""
        return self.embedding.width

    @property
    def token_embeddings(self):
        """The vector of each token of the vocabulary, (vocabulary, width)."""
        return self.embedding.token_embeddings

    def embed(self, ids):
        """Where the encoder begins: ids (batch, tokens) -> states (batch, tokens, width)."""
        return self.embedding(ids)

    def watch(self, states, mask) -> Explained:
        """The model from the states of `embed` on, without dropout: the same layers, watched.

        Args:
            states: (batch, tokens, width).
            mask: boolean (batch, tokens), True at real tokens.
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
