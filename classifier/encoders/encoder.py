"""An encoder with its tokenizer, trained from scratch or pretrained: the interface for the rest of the package."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import keras
from keras import ops

from classifier.encoders.pooling import Pooling
from classifier.tokenizers import Tokenizer


class Explained(NamedTuple):
    """The logits of a classifier, with its attention and pooling weights.

    logits: tensor of shape (batch, classes).
    attention: for each block, weights of shape (batch, [heads,] tokens, tokens); rows are queries.
    pooling: weights of shape (batch, tokens) by the kind of pooling.
    """

    logits: Any
    attention: list[Any]
    pooling: dict[str, Any]


class Parts(NamedTuple):
    """The parts of a model of which the lower blocks are not trained.

    resting: model from ids (batch, tokens) to the states (batch, tokens, width) below the first trained block.
    vectors: model from these states, zeros for padding, to the vectors (batch, width) that are classified.
    trained: model from these states to logits (batch, classes).
    """

    resting: keras.Model
    vectors: keras.Model
    trained: keras.Model


class Encoder:
    """An encoder with its tokenizer; no other code depends on the layers of the Keras model.

    Args:
        model: model from ids (batch, tokens) to logits (batch, classes), built by `scratch` or `pretrained`.
        tokenizer: tokenizer of the encoder.
        pretrained: whether its weights were trained before.
        rate_factors: factors of the learning rate by the path of a variable; 1 for all others.
    """

    def __init__(
        self,
        model: keras.Model,
        tokenizer: Tokenizer,
        pretrained: bool = False,
        rate_factors: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.pretrained, self.rate_factors = pretrained, rate_factors
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

    def vectors(self) -> keras.Model:
        """Returns the model from ids (batch, tokens) to the vectors (batch, width) that are classified."""
        return keras.Model(self.model.input, self.model.get_layer("head_dropout").output, name="vectors")

    def parts(self) -> Parts | None:
        """Splits the model into parts that share its layers; None if its first block is trained."""
        blocks = [layer for layer in self.model.layers if layer.name.startswith("block_")]
        below = [block for block in blocks if not block.trainable]
        if not below:
            return None
        resting = keras.Model(self.model.input, below[-1].output, name="resting")
        states = given = keras.Input(below[-1].output.shape[1:], name="states")
        mask = ops.any(ops.not_equal(states, 0), axis=-1)
        for block in blocks[len(below) :]:
            states = block(states, mask=mask)
        context = self.model.get_layer("head_dropout")(self.model.get_layer("pooling")(states, mask=mask))
        vectors = keras.Model(given, context, name="vectors")
        return Parts(resting, vectors, keras.Model(given, self.model.get_layer("logits")(context), name="trained"))
