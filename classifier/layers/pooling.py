"""A text's token states to one vector: (batch, tokens, width) and a mask (batch, tokens) -> (batch, width)."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import keras
from keras import ops

from classifier.attention import masked_softmax


class Pooling(keras.layers.Layer):
    """Abstract. Padding never counts, and a text without any token gives zeros."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    @abstractmethod
    def call(self, states, mask) -> keras.KerasTensor:
        """(batch, tokens, width), boolean (batch, tokens) -> (batch, width)."""

    def compute_mask(self, states, previous_mask=None):
        return None  # there are no tokens left to mask

    def compute_output_shape(self, states_shape, mask_shape=None):
        return (states_shape[0], states_shape[-1])


@keras.saving.register_keras_serializable(package="classifier")
class MeanPooling(Pooling):
    """The mean of the token states."""

    def call(self, states, mask):
        weights = ops.cast(mask, states.dtype)[:, :, None]
        return ops.sum(states * weights, axis=1) / ops.maximum(ops.sum(weights, axis=1), 1)


@keras.saving.register_keras_serializable(package="classifier")
class MaxPooling(Pooling):
    """The largest value of each feature."""

    def call(self, states, mask):
        highest = ops.max(ops.where(mask[:, :, None], states, ops.cast(-1e9, states.dtype)), axis=1)
        return ops.where(ops.any(mask, axis=1, keepdims=True), highest, ops.zeros_like(highest))


@keras.saving.register_keras_serializable(package="classifier")
class FirstPooling(Pooling):
    """The state of the first token."""

    def call(self, states, mask):
        return states[:, 0] * ops.cast(mask[:, :1], states.dtype)


@keras.saving.register_keras_serializable(package="classifier")
class AttentionPooling(Pooling):
    """A weighted mean; a learned vector scores each token state (Yang et al. 2016, equations 5 to 7)."""

    def build(self, states_shape, mask_shape=None):
        self.hidden = keras.layers.Dense(states_shape[-1], activation="tanh", name="hidden")
        self.hidden.build(states_shape)
        self.query = self.add_weight((states_shape[-1],), initializer="zeros", name="query")

    def call(self, states, mask, return_weights=False):
        """With `return_weights`, also the weights (batch, tokens)."""
        scores = ops.matmul(self.hidden(states), self.query[:, None])[:, :, 0]
        weights = masked_softmax(scores, mask)
        context = ops.matmul(weights[:, None, :], states)[:, 0]
        return (context, weights) if return_weights else context


@keras.saving.register_keras_serializable(package="classifier")
class JoinedPooling(Pooling):
    """Several poolings side by side: (batch, tokens, width) -> (batch, width x poolings).

    Args:
        poolings: names out of `attention`, `mean`, `max`, `first`.
    """

    kinds: ClassVar[dict[str, type[Pooling]]] = {
        "attention": AttentionPooling,
        "mean": MeanPooling,
        "max": MaxPooling,
        "first": FirstPooling,
    }

    def __init__(self, poolings: Sequence[str] = ("attention", "mean", "max"), **kwargs) -> None:
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

    def compute_output_shape(self, states_shape, mask_shape=None):
        return (states_shape[0], states_shape[-1] * len(self.parts))

    def get_config(self):
        return {**super().get_config(), "poolings": self.poolings}
