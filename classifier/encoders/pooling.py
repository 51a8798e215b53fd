"""Pools token states to a vector per text: (batch, tokens, width) and a mask (batch, tokens) -> (batch, width)."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
from keras import ops

from classifier.attention import masked_softmax


class Pooling(keras.layers.Layer):
    """Weighted mean of the token states. Abstract: subclasses define the weights.

    Padding has weight 0, and a text without tokens gives zeros.
    """

    kind: ClassVar[str]  # the name of the choice, which also identifies its weights

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    @abstractmethod
    def token_weights(self, states, mask) -> Any:
        """Returns the weights of the tokens (batch, tokens): 0 for padding, with sum 1."""

    def call(self, states, mask):
        """(batch, tokens, width), boolean (batch, tokens) -> (batch, width)."""
        return ops.matmul(ops.expand_dims(self.token_weights(states, mask), 1), states)[:, 0]

    def weights_by_kind(self, states, mask) -> dict:
        """Returns the token weights of each contained pooling by kind."""
        return {self.kind: self.token_weights(states, mask)}

    def compute_mask(self, states, previous_mask=None):
        return None  # there are no tokens in the output

    def compute_output_shape(self, states_shape, mask_shape=None):
        return (states_shape[0], states_shape[-1])


@keras.saving.register_keras_serializable(package="classifier")
class MeanPooling(Pooling):
    """The mean of the token states."""

    kind = "mean"

    def token_weights(self, states, mask):
        real = ops.cast(mask, states.dtype)
        return real / ops.maximum(ops.sum(real, axis=1, keepdims=True), 1)


@keras.saving.register_keras_serializable(package="classifier")
class MaxPooling(Pooling):
    """Maximum of each feature; the weight of a token is the share of features whose maximum it has."""

    kind = "max"

    def token_weights(self, states, mask):
        highest = ops.argmax(ops.where(ops.expand_dims(mask, 2), states, ops.cast(-1e9, states.dtype)), axis=1)
        given = ops.sum(ops.one_hot(highest, ops.shape(states)[1], dtype=states.dtype), axis=1)
        return given * ops.cast(mask, states.dtype) / states.shape[-1]

    def call(self, states, mask):
        highest = ops.max(ops.where(ops.expand_dims(mask, 2), states, ops.cast(-1e9, states.dtype)), axis=1)
        return ops.where(ops.any(mask, axis=1, keepdims=True), highest, ops.zeros_like(highest))


@keras.saving.register_keras_serializable(package="classifier")
class FirstPooling(Pooling):
    """The state of the first token."""

    kind = "first"

    def token_weights(self, states, mask):
        first = ops.arange(ops.shape(mask)[1]) == 0
        return ops.cast(ops.logical_and(first, mask), states.dtype)


@keras.saving.register_keras_serializable(package="classifier")
class DotPooling(Pooling):
    """Attention of a learned query q, scored by its product with a state: softmax(q . h) (Luong et al. 2015, eq. 8)."""

    kind = "dot"

    def build(self, states_shape, mask_shape=None):
        self.query = self.add_weight((states_shape[-1],), initializer="zeros", name="query")

    def token_weights(self, states, mask):
        return masked_softmax(ops.matmul(states, self.query[:, None])[:, :, 0], mask)


@keras.saving.register_keras_serializable(package="classifier")
class AdditivePooling(Pooling):
    """Attention of a learned query, scored by one hidden layer: softmax(v . tanh(U h + b)).

    This is v . tanh(W q + U h) of Bahdanau et al. 2015 (appendix A.1.2), where the query q is the same for all texts
    and W q therefore one learned vector b; also the attention of Yang et al. 2016 (equations 5 to 7).
    """

    kind = "additive"

    def build(self, states_shape, mask_shape=None):
        self.hidden = keras.layers.Dense(states_shape[-1], activation="tanh", name="hidden")
        self.hidden.build(states_shape)
        self.energy = self.add_weight((states_shape[-1],), initializer="zeros", name="energy")

    def token_weights(self, states, mask):
        return masked_softmax(ops.matmul(self.hidden(states), self.energy[:, None])[:, :, 0], mask)


@keras.saving.register_keras_serializable(package="classifier")
class ConcatPooling(Pooling):
    """Concatenation of several poolings: (batch, tokens, width) -> (batch, width x poolings).

    Args:
        poolings: names among `additive`, `dot`, `mean`, `max`, `first`.
    """

    kind = "concat"
    kinds: ClassVar[dict[str, type[Pooling]]] = {
        one.kind: one for one in (AdditivePooling, DotPooling, MeanPooling, MaxPooling, FirstPooling)
    }

    def __init__(self, poolings: Sequence[str] = ("additive", "mean", "max"), **kwargs) -> None:
        super().__init__(**kwargs)
        unknown = [name for name in poolings if name not in self.kinds]
        if unknown or not poolings:
            raise ValueError(f"poolings={list(poolings)}: choose from {', '.join(self.kinds)}.")
        self.poolings = list(poolings)
        self.parts = [self.kinds[name](name=name) for name in self.poolings]

    def build(self, states_shape, mask_shape=None):
        for part in self.parts:
            if not part.built:
                part.build(states_shape)

    def call(self, states, mask):
        return ops.concatenate([part(states, mask) for part in self.parts], axis=-1)

    def token_weights(self, states, mask):
        """Returns the mean of the weights of the poolings, which have equally many features."""
        return sum(part.token_weights(states, mask) for part in self.parts) / len(self.parts)

    def weights_by_kind(self, states, mask) -> dict:
        return {part.kind: part.token_weights(states, mask) for part in self.parts}

    def compute_output_shape(self, states_shape, mask_shape=None):
        return (states_shape[0], states_shape[-1] * len(self.parts))

    def get_config(self):
        return {**super().get_config(), "poolings": self.poolings}
