"""An encoder with its tokenizer, whoever trained it: what the rest of the house asks of it."""

from typing import Any, NamedTuple

import keras

from classifier.encoders.pooling import Pooling
from classifier.tokenizers import Tokenizer


class Explained(NamedTuple):
    """What a classifier answers, and what it looked at.

    logits: (batch, classes).
    attention: of each block, (batch, [heads,] tokens, tokens); a row is a query.
    pooling: by the pooling's kind, (batch, tokens).
    """

    logits: Any
    attention: list[Any]
    pooling: dict[str, Any]


class Encoder:
    """A classifier's encoder with its tokenizer; the only place that knows the layers of the Keras model.

    Args:
        model: ids (batch, tokens) to logits (batch, classes), made by `scratch` or `pretrained`.
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
