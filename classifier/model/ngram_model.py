"""A linear classifier on n-grams, in the same graph as the encoder: what words and their parts say by themselves."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from classifier.model.ngram_features import KINDS, Ngrams


class Counts(NamedTuple):
    """How often each text has each feature: three tensors of one length; and where it has them: three of another.

    rows: the text, int64.
    features: its place among the features, int64.
    counts: int32.
    entries: of each occurrence, which of the counts it is one of, int32.
    first, last: of each occurrence, the words in which it begins and ends, int64.
    """

    rows: tf.Tensor
    features: tf.Tensor
    counts: tf.Tensor
    entries: tf.Tensor
    first: tf.Tensor
    last: tf.Tensor


class NgramModel(tf.Module):
    """Words (batch, words) to logits (batch, classes), which are sums over the n-grams of a text.

    logits = sum of value x weights + bias, where value = (1 + log count) x idf, divided by the Euclidean length of all
    values of the text of the same kind (words or characters): TF-IDF as in scikit-learn with `sublinear_tf`.

    Args:
        keys: hashed key of each feature, ascending, (features,), at least one.
        idf: inverse document frequency of each, float32 (features,).
        weights: float32 (features, classes).
        bias: float32 (classes,).
    """

    def __init__(self, keys: np.ndarray, idf: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.keys = constant(keys, tf.int32)
        self.idf = constant(idf)
        self.weights = constant(weights)
        self.bias = constant(bias)

    def __call__(self, words: tf.RaggedTensor) -> tf.Tensor:
        """(batch, words) -> (batch, classes)."""
        batch = words.nrows()
        rows, features, values = zip(
            *(self.values(counted(kind(words), self.keys), batch) for kind in KINDS), strict=True
        )
        places = tf.stack([tf.concat(rows, axis=0), tf.concat(features, axis=0)], axis=1)
        shape = tf.stack([batch, tf.shape(self.idf, out_type=tf.int64)[0]])
        tfidf = tf.SparseTensor(places, tf.concat(values, axis=0), shape)
        return tf.sparse.sparse_dense_matmul(tfidf, self.weights) + self.bias

    def contributions(self, words: tf.RaggedTensor, contrast: tf.Tensor) -> tf.Tensor:
        """What each word gives to a sum of logits, exactly: (words of the batch,), in their order.

        An n-gram gives value x weights to the logits, in equal shares for each of its occurrences; a pair of words
        gives half of it to each. The words of a text give together what its logits are above the bias.

        Args:
            words: (batch, words).
            contrast: factor of each logit in the sum, (batch, classes).
        """
        given = tf.zeros([tf.size(words.flat_values)])
        for kind in KINDS:
            found = counted(kind(words), self.keys)
            rows, features, values = self.values(found, words.nrows())
            weights = tf.reduce_sum(tf.gather(self.weights, features) * tf.gather(contrast, rows), axis=1)
            shares = tf.gather(values * weights / tf.cast(found.counts, tf.float32), found.entries) / 2
            for place in (found.first, found.last):
                given += tf.math.unsorted_segment_sum(shares, place, tf.size(given))
        return given

    def values(self, found: Counts, batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Rows, features and TF-IDF values of one kind of n-grams."""
        raw = (1 + tf.math.log(tf.cast(found.counts, tf.float32))) * tf.gather(self.idf, found.features)
        squares = tf.math.unsorted_segment_sum(raw * raw, found.rows, batch)
        return found.rows, found.features, raw * tf.gather(tf.math.rsqrt(squares), found.rows)


def constant(values: np.ndarray, dtype: tf.DType = tf.float32) -> tf.Variable:
    """A variable that no training moves: unlike a constant it does not swell the graph."""
    return tf.Variable(tf.constant(values, dtype), trainable=False)


def counted(found: Ngrams, keys: tf.Variable) -> Counts:
    """Occurrences to counts, of the n-grams that are features.

    Args:
        found: in a batch of texts.
        keys: those of the features, ascending, int32 (features,), at least one.
    """
    wanted = tf.cast(found.keys, tf.int32)
    places = tf.minimum(tf.searchsorted(keys, wanted), tf.size(keys) - 1)
    known = tf.equal(tf.gather(keys, places), wanted)
    size = tf.size(keys, out_type=tf.int64)
    rows, features = tf.boolean_mask(found.rows, known), tf.cast(tf.boolean_mask(places, known), tf.int64)
    different, entries, counts = tf.unique_with_counts(rows * size + features)
    words = (tf.boolean_mask(place, known) for place in (found.first, found.last))
    return Counts(different // size, tf.math.floormod(different, size), counts, entries, *words)
