"""Encoder block: self-attention and a feed-forward network, each with a residual connection and normalization."""

from collections.abc import Callable

import keras
from keras import ops

from classifier.attention import Attention


@keras.saving.register_keras_serializable(package="classifier")
class EncoderBlock(keras.layers.Layer):
    """(batch, tokens, width) -> (batch, tokens, width)   (Vaswani et al. 2017, section 3.1).

    Args:
        attention: attention layer.
        intermediate_dim: size of the hidden layer.
        activation: activation of the hidden layer.
        dropout: dropout rate of the output of each half.
        normalize: `before` each half (Xiong et al. 2020, figure 1b) or `after` its residual connection (figure 1a).
        epsilon: constant that each normalization adds to the variance.
    """

    def __init__(
        self,
        attention: Attention,
        intermediate_dim: int,
        activation: str | Callable = "relu",
        dropout: float = 0.1,
        normalize: str = "before",
        epsilon: float = 1e-6,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.attention = attention
        self.intermediate_dim = intermediate_dim
        self.activation = activation
        self.dropout = dropout
        self.normalize = normalize
        self.epsilon = epsilon

    def build(self, states_shape):
        width = states_shape[-1]
        self.attention_norm = keras.layers.LayerNormalization(epsilon=self.epsilon, name="attention_norm")
        self.feed_forward_norm = keras.layers.LayerNormalization(epsilon=self.epsilon, name="feed_forward_norm")
        self.expand = keras.layers.Dense(self.intermediate_dim, activation=self.activation, name="expand")
        self.contract = keras.layers.Dense(width, name="contract")
        self.drop = keras.layers.Dropout(self.dropout, name="drop")
        if not self.attention.built:
            self.attention.build(states_shape, states_shape)
        for layer in (self.attention_norm, self.feed_forward_norm, self.expand):
            layer.build(states_shape)
        self.contract.build((*states_shape[:-1], self.intermediate_dim))

    def call(self, states, mask=None, training=None, return_weights=False):
        """(batch, tokens, width) -> (batch, tokens, width).

        Args:
            states: tensor of shape (batch, tokens, width).
            mask: boolean tensor of shape (batch, tokens), False for padding; None means no padding.
            training: whether to apply dropout.
            return_weights: whether to return the attention weights (batch, [heads,] tokens, tokens), too.
        """
        keys, weights = None if mask is None else ops.expand_dims(mask, 1), []

        def attend(inputs):
            context = self.attention(inputs, inputs, mask=keys, training=training, return_weights=return_weights)
            if return_weights:
                weights.append(context[1])
                return context[0]
            return context

        def feed_forward(inputs):
            return self.contract(self.expand(inputs))

        for transform, norm in ((attend, self.attention_norm), (feed_forward, self.feed_forward_norm)):
            if self.normalize == "before":
                states = states + self.drop(transform(norm(states)), training=training)
            else:
                states = norm(states + self.drop(transform(states), training=training))
        return (states, weights[0]) if return_weights else states

    def compute_output_shape(self, states_shape):
        return states_shape

    def get_config(self):
        names = ("intermediate_dim", "activation", "dropout", "normalize", "epsilon")
        attention = keras.saving.serialize_keras_object(self.attention)
        return {**super().get_config(), "attention": attention, **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "attention": keras.saving.deserialize_keras_object(config["attention"])})
