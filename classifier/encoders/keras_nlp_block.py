"""KerasNLP's encoder block with the interface of `EncoderBlock`, for comparison."""

import keras
import keras_nlp


@keras.saving.register_keras_serializable(package="classifier")
class KerasNlpBlock(keras.layers.Layer):
    """keras_nlp.layers.TransformerEncoder, which computes the same as `EncoderBlock` with multi-head attention.

    Args:
        num_heads: number of attention heads.
        intermediate_dim, activation, normalize: see `EncoderBlock`.
        dropout: see `EncoderBlock`; also applied to the attention weights.
    """

    def __init__(
        self,
        num_heads: int,
        intermediate_dim: int,
        activation: str = "relu",
        dropout: float = 0.1,
        normalize: str = "before",
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.activation = activation
        self.dropout = dropout
        self.normalize = normalize
        self.encoder = keras_nlp.layers.TransformerEncoder(
            intermediate_dim,
            num_heads,
            dropout=dropout,
            activation=activation,
            layer_norm_epsilon=1e-6,
            normalize_first=normalize == "before",
            name="encoder",
        )

    def build(self, states_shape):
        if not self.encoder.built:
            self.encoder.build(states_shape)

    def call(self, states, mask=None, training=None, return_weights=False):
        """See `EncoderBlock`."""
        return self.encoder(states, padding_mask=mask, training=training, return_attention_scores=return_weights)

    def compute_output_shape(self, states_shape):
        return states_shape

    def get_config(self):
        names = ("num_heads", "intermediate_dim", "activation", "dropout", "normalize")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
