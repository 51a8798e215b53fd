"""A linear classifier on n-grams of words and characters, in the same graph as the encoder."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from classifier.model.ngram_features import KINDS, Ngrams


class Counts(NamedTuple):
    """Counts of features in texts (three tensors of equal length), and their occurrences (three further tensors).

    rows: index of the text, int64.
    features: index of the feature, int64.
    counts: number of occurrences, int32.
    entries: for each occurrence, the index of its count, int32.
    first, last: for each occurrence, the indices of its first and last word, int64.
    """

    rows: tf.Tensor
    features: tf.Tensor
    counts: tf.Tensor
    entries: tf.Tensor
    first: tf.Tensor
    last: tf.Tensor


class NgramModel(tf.Module):
    """Linear model from words (batch, words) to logits (batch, classes), as sums over the n-grams of a text.

    logits = sum of value x weights + bias, where value = (1 + log count) x idf, divided by the Euclidean norm of all
    values of the same kind (words or characters) in the text: TF-IDF as in scikit-learn with `sublinear_tf`.

    Args:
        keys: hashed keys of the features in ascending order, of shape (features,), at least one.
        idf: inverse document frequencies, float32 of shape (features,).
        weights: float32 array of shape (features, classes).
        bias: float32 array of shape (classes,).
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
        """Returns the exact contributions of words to a weighted sum of logits, of shape (words of the batch,).

        The contribution of an n-gram, value x weights, is divided equally among its occurrences, and that of a pair of
        words equally between both. The contributions of the words of a text sum to its logits without the bias.

        Args:
            words: ragged words (batch, words).
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
        """Returns rows, features and TF-IDF values for a kind of n-grams."""
        raw = (1 + tf.math.log(tf.cast(found.counts, tf.float32))) * tf.gather(self.idf, found.features)
        squares = tf.math.unsorted_segment_sum(raw * raw, found.rows, batch)
        return found.rows, found.features, raw * tf.gather(tf.math.rsqrt(squares), found.rows)


def constant(values: np.ndarray, dtype: tf.DType = tf.float32) -> tf.Variable:
    """Creates a non-trainable variable, which does not increase the size of the graph, in contrast to a constant."""
    return tf.Variable(tf.constant(values, dtype), trainable=False)


def counted(found: Ngrams, keys: tf.Variable) -> Counts:
    """Counts the occurrences of n-grams that are features.

    Args:
        found: n-grams in a batch of texts.
        keys: keys of the features in ascending order, int32 of shape (features,), at least one.
    """
    wanted = tf.cast(found.keys, tf.int32)
    places = tf.minimum(tf.searchsorted(keys, wanted), tf.size(keys) - 1)
    known = tf.equal(tf.gather(keys, places), wanted)
    size = tf.size(keys, out_type=tf.int64)
    rows, features = tf.boolean_mask(found.rows, known), tf.cast(tf.boolean_mask(places, known), tf.int64)
    different, entries, counts = tf.unique_with_counts(rows * size + features)
    words = (tf.boolean_mask(place, known) for place in (found.first, found.last))
    return Counts(different // size, tf.math.floormod(different, size), counts, entries, *words)
