"""The linear part: what single words and pairs of neighbours say by themselves, and how it joins the encoder."""

import keras
from keras import ops

PRIME = 40_503  # multiplies the first id of a pair, so that pairs spread over the buckets


@keras.saving.register_keras_serializable(package="classifier")
class NgramLinear(keras.layers.Layer):
    """A linear classifier on TF-IDF of words and hashed word pairs: ids (batch, tokens) -> logits (batch, classes).

    logits = sum over the n-grams of a text of idf(n-gram) w(n-gram) / norm + bias, where norm is the square root of the
    sum of their idf squared; an n-gram that training never met has idf 0. Its weights are fitted by
    `classifier.training.linear`, not by gradient descent.

    Args:
        vocabulary_size: token ids are below it; each is a feature.
        buckets: features that pairs are hashed into (Weinberger et al. 2009, without signs).
        classes: number of labels.
    """

    def __init__(self, vocabulary_size: int, buckets: int, classes: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.buckets = buckets
        self.classes = classes

    def build(self, ids_shape):
        features = self.vocabulary_size + self.buckets
        self.idf = self.add_weight((features,), initializer="zeros", trainable=False, name="idf")
        self.ngram_embeddings = self.add_weight(
            (features, self.classes), initializer="zeros", trainable=False, name="ngram_embeddings"
        )
        self.bias = self.add_weight((self.classes,), initializer="zeros", trainable=False, name="bias")

    def features(self, ids):
        """ids (batch, tokens) -> feature of each word and each pair, (batch, 2 x tokens), 0 where there is none."""
        following = ops.pad(ids[:, 1:], ((0, 0), (0, 1)))
        mixed = (ops.cast(ids, "int64") * PRIME + ops.cast(following, "int64")) % self.buckets
        pairs = ops.where(ops.not_equal(following, 0), self.vocabulary_size + ops.cast(mixed, "int32"), 0)
        return ops.concatenate([ids, pairs], axis=1)

    def call(self, ids):
        features = self.features(ids)
        value = ops.take(self.idf, features, axis=0)
        length = ops.sqrt(ops.maximum(ops.sum(value * value, axis=1, keepdims=True), 1e-12))
        weights = ops.take(self.ngram_embeddings, features, axis=0)
        return ops.matmul((value / length)[:, None, :], weights)[:, 0] + self.bias

    def compute_output_shape(self, ids_shape):
        return (ids_shape[0], self.classes)

    def get_config(self):
        names = ("vocabulary_size", "buckets", "classes")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="classifier")
class Mixture(keras.layers.Layer):
    """A weighted sum of two logits, fitted on validation: 2 x (batch, classes) -> (batch, classes)."""

    def build(self, encoder_shape, linear_shape):
        self.encoder_weight = self.add_weight((), initializer="ones", trainable=False, name="encoder_weight")
        self.linear_weight = self.add_weight((), initializer="ones", trainable=False, name="linear_weight")

    def call(self, encoder, linear):
        return self.encoder_weight * ops.log_softmax(encoder) + self.linear_weight * ops.log_softmax(linear)

    def compute_output_shape(self, encoder_shape, linear_shape):
        return encoder_shape
