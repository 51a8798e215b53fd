"""The same network from keras-nlp's layers, trained by `fit` on texts padded to `max_tokens`; TensorFlow or JAX."""

from collections.abc import Sequence

import numpy as np

from training_speed.workloads import Train, Workload


def keras_nlp(workload: Workload) -> Train:
    """`fit` on a tf.data.Dataset; the environment's KERAS_BACKEND says by which library."""
    import tensorflow as tf

    model = network(workload)
    ids = np.zeros((len(workload.texts), workload.max_tokens), np.int32)
    ids[np.arange(workload.max_tokens) < workload.texts.lengths[:, None]] = workload.texts.ids
    options = tf.data.Options()
    options.autotune.enabled = False  # the autotuner of TensorFlow 2.21 can keep the end of a fit waiting for seconds

    def train(batches: Sequence[np.ndarray]) -> None:
        order, size = np.concatenate(batches), len(batches[0])
        texts = tf.data.Dataset.from_tensor_slices((ids[order], workload.labels[order]))
        model.fit(texts.batch(size).prefetch(2).with_options(options), verbose=0)

    return train


def network(workload: Workload):
    """A compiled Keras model; the mask of the embedding goes along with the states from layer to layer."""
    import keras
    from keras_nlp.layers import TokenAndPositionEmbedding, TransformerEncoder

    settings, sizes, tokens = workload.settings, workload.settings.encoder, workload.max_tokens
    ids = keras.Input((tokens,), dtype="int32")
    states = TokenAndPositionEmbedding(workload.vocabulary_size, tokens, sizes.width, mask_zero=True)(ids)
    states = keras.layers.Dropout(sizes.embedding_dropout)(states)
    inner, heads = sizes.intermediate_dim, settings.attention["num_heads"]
    same = {"dropout": sizes.dropout, "activation": sizes.activation.value, "normalize_first": True}
    for _ in range(sizes.depth):
        states = TransformerEncoder(inner, heads, **same)(states)
    states = keras.layers.LayerNormalization()(states)
    context = keras.layers.Dropout(sizes.head_dropout)(keras.layers.GlobalAveragePooling1D()(states))
    model = keras.Model(ids, keras.layers.Dense(workload.classes)(context))
    rate, decay = settings.optimizer["learning_rate"], settings.optimizer["weight_decay"]
    optimizer = keras.optimizers.AdamW(rate, weight_decay=decay)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
