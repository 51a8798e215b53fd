"""Weighted mixture of the encoder and, if there is one, the n-gram model."""

import numpy as np
import tensorflow as tf


class Mixture(tf.Module):
    """Weighted sum of the logits of encoder and n-gram model; `classifier.model.hybrid` finds the weights.

    Args:
        weights: weights of the encoder's log-probabilities and of the n-gram model's logits, of shape (1,) or (2,).
    """

    def __init__(self, weights: np.ndarray) -> None:
        super().__init__()
        self.weights = tf.Variable(tf.constant(weights, tf.float32), trainable=False)

    def __call__(self, encoder_logits: tf.Tensor, ngram_logits: tf.Tensor | None = None) -> tf.Tensor:
        """Returns mixed logits (batch, classes) from logits of the same shape."""
        mixed = self.weights[0] * tf.nn.log_softmax(encoder_logits)
        return mixed if ngram_logits is None else mixed + self.weights[1] * ngram_logits
