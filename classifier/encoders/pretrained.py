"""A pretrained encoder as a Keras model, with the same blocks as an encoder that is trained from scratch."""

from collections.abc import Sequence

import keras
from keras import ops

from classifier.attention import MultiHeadAttention
from classifier.encoders.cosine_logits import CosineLogits
from classifier.encoders.encoder_block import EncoderBlock
from classifier.encoders.pooling import Pooling
from classifier.pretrained import Checkpoint, CheckpointWeights
from classifier.settings import PretrainedSettings, Tune
from classifier.settings.rules import as_list
from classifier.tokenizers import PADDING_ID


@keras.saving.register_keras_serializable(package="classifier")
class PretrainedEmbedding(keras.layers.Layer):
    """Token and position embedding, added and normalized (Devlin et al. 2019, figure 2; all tokens of one type).

    They may be projected to another width (Lan et al. 2020, section 3.1).

    (batch, tokens) -> (batch, tokens, width)

    Args:
        vocabulary_size: upper bound of the ids.
        max_tokens: number of positions.
        width: size of a vector.
        epsilon: constant that the normalization adds to the variance.
        embedding_width: size of a vector before the projection; None: it is not projected.
    """

    def __init__(
        self,
        vocabulary_size: int,
        max_tokens: int,
        width: int,
        epsilon: float,
        embedding_width: int | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.max_tokens = max_tokens
        self.width = width
        self.epsilon = epsilon
        self.embedding_width = embedding_width

    def build(self, ids_shape):
        width = self.embedding_width or self.width
        self.token_embeddings = self.add_weight((self.vocabulary_size, width), name="token_embeddings")
        self.position_embeddings = self.add_weight((self.max_tokens, width), name="position_embeddings")
        self.norm = keras.layers.LayerNormalization(epsilon=self.epsilon, name="norm")
        self.norm.build((*ids_shape, width))
        if self.embedding_width:
            self.projection = keras.layers.Dense(self.width, name="projection")
            self.projection.build((*ids_shape, width))

    def call(self, ids):
        tokens = ops.take(self.token_embeddings, ids, axis=0)
        vectors = self.norm(tokens + self.position_embeddings[: ops.shape(ids)[1]])
        return self.projection(vectors) if self.embedding_width else vectors

    def compute_output_shape(self, ids_shape):
        return (*ids_shape, self.width)

    def get_config(self):
        names = ("vocabulary_size", "max_tokens", "width", "epsilon", "embedding_width")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="classifier")
class RepeatedBlock(keras.layers.Layer):
    """A block whose weights other layers share (Lan et al. 2020, section 3.1).

    (batch, tokens, width) -> (batch, tokens, width)

    Args:
        block: the block that is repeated.
    """

    def __init__(self, block: EncoderBlock, **kwargs) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.block = block

    def build(self, states_shape):
        if not self.block.built:
            self.block.build(states_shape)

    def call(self, states, mask=None, training=None, return_weights=False):
        return self.block(states, mask=mask, training=training, return_weights=return_weights)

    def compute_output_shape(self, states_shape):
        return states_shape

    def get_config(self):
        return {**super().get_config(), "block": keras.saving.serialize_keras_object(self.block)}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "block": keras.saving.deserialize_keras_object(config["block"])})


@keras.saving.register_keras_serializable(package="classifier")
def gelu_tanh(x):
    """Approximate GELU (Hendrycks and Gimpel 2016, section 2)."""
    return keras.activations.gelu(x, approximate=True)


def build_pretrained(
    checkpoint: Checkpoint, settings: PretrainedSettings, pooling: Pooling, classes: int, few_texts: bool = False
) -> keras.Model:
    """Builds a model from token ids (batch, tokens) to logits (batch, classes), of which only the last layer is new.

    Args:
        checkpoint: checkpoint with the weights.
        settings: dropout rates, and the weights to train.
        pooling: pooling layer.
        classes: number of labels.
        few_texts: whether there are few texts per class, so that logits are cosines.

    Raises:
        UserError: if a tensor is missing.
    """
    config = checkpoint.config
    ids = keras.Input((None,), dtype="int32", name="ids")
    mask = ops.not_equal(ids, PADDING_ID)
    embedding = PretrainedEmbedding(
        config.vocabulary_size,
        config.max_tokens,
        config.width,
        config.epsilon,
        config.embedding_width,
        name="embedding",
    )
    states = keras.layers.Dropout(settings.dropout, name="embedding_dropout")(embedding(ids))
    name = "shared" if config.groups else "block"
    distinct = [
        EncoderBlock(
            MultiHeadAttention(config.num_heads, settings.dropout),
            config.intermediate_dim,
            gelu_tanh if config.activation == "gelu_tanh" else config.activation,
            settings.dropout,
            "after",
            config.epsilon,
            name=f"{name}_{number}",
        )
        for number in range(config.distinct_blocks)
    ]
    blocks = distinct
    if config.groups:
        blocks = [RepeatedBlock(distinct[config.weights_of(i)], name=f"block_{i}") for i in range(config.depth)]
    for block in blocks:
        states = block(states, mask=mask)
    context = keras.layers.Dropout(settings.head_dropout, name="head_dropout")(pooling(states, mask=mask))
    logits = CosineLogits if few_texts else keras.layers.Dense
    model = keras.Model(ids, logits(classes, dtype="float32", name="logits")(context), name="classifier")
    assign(checkpoint.weights(), embedding, distinct)
    rest(settings, embedding, blocks, distinct)
    return model


def assign(weights: CheckpointWeights, embedding: PretrainedEmbedding, blocks: list[EncoderBlock]) -> None:
    """Sets the weights of the layers from the checkpoint."""
    embedding.token_embeddings.assign(weights.tokens)
    embedding.position_embeddings.assign(weights.positions)
    embedding.norm.set_weights(weights.norm)
    if weights.projection:
        embedding.projection.set_weights(weights.projection)
    for block, given in zip(blocks, weights.blocks, strict=True):
        for name, layer in inner_layers(block).items():
            layer.set_weights(given[name])


def inner_layers(block: EncoderBlock) -> dict[str, keras.layers.Layer]:
    """Returns the layers of a block that have weights, by name."""
    attention = block.attention
    return {
        "query": attention.query,
        "key": attention.key,
        "value": attention.value,
        "output": attention.output_projection,
        "attention_norm": block.attention_norm,
        "expand": block.expand,
        "contract": block.contract,
        "feed_forward_norm": block.feed_forward_norm,
    }


def rest(
    settings: PretrainedSettings,
    embedding: PretrainedEmbedding,
    blocks: Sequence[EncoderBlock | RepeatedBlock],
    distinct: Sequence[EncoderBlock],
) -> None:
    """Freezes the weights that are not trained, of all blocks or of the distinct ones."""
    embedding.trainable = settings.tune is Tune.full and settings.tune_embeddings
    if settings.tune is Tune.lora:
        for block in distinct:
            add_low_rank_updates(block, settings)
        return
    trained = {Tune.full: len(blocks), Tune.top: settings.top_blocks, Tune.frozen: 0}[settings.tune]
    for block in blocks[: len(blocks) - min(trained, len(blocks))]:
        block.trainable = False


def add_low_rank_updates(block: EncoderBlock, settings: PretrainedSettings) -> None:
    """Freezes a block except for the factors of updates W + A B (Hu et al. 2021, equation 3); B is zero at first."""
    for name, layer in inner_layers(block).items():
        if name in as_list(settings.lora_projections):
            layer.enable_lora(settings.lora_rank)
            layer.bias.trainable = False
        else:
            layer.trainable = False


def rate_factors(model: keras.Model, decay: float) -> dict[str, float]:
    """Factors of the learning rate by the path of a variable (Howard and Ruder 2018, section 3.2).

    It is 1 for the logits, `decay` for the last block, and falls by `decay` from block to block down to the embeddings;
    empty if `decay` is 1.
    """
    if decay == 1:
        return {}
    layers = [model.get_layer("embedding"), *(layer for layer in model.layers if layer.name.startswith("block_"))]
    return {
        variable.path: decay ** (len(layers) - number)
        for number, layer in enumerate(layers)
        for variable in layer.trainable_variables
    }
