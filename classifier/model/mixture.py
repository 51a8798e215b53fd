"""One answer from two: the encoder's and the n-gram model's, weighted."""

import numpy as np
import tensorflow as tf


class Mixture(tf.Module):
    """The answer of encoder and linear part together; `classifier.model.hybrid` finds the weights.

    Args:
        weights: of the encoder's log-probabilities and of the linear part's logits, (2,).
    """

    def __init__(self, weights: np.ndarray) -> None:
        super().__init__()
        self.weights = tf.Variable(tf.constant(weights, tf.float32), trainable=False)

    def __call__(self, encoder_logits: tf.Tensor, ngram_logits: tf.Tensor) -> tf.Tensor:
        """Twice (batch, classes) -> (batch, classes)."""
        return self.weights[0] * tf.nn.log_softmax(encoder_logits) + self.weights[1] * ngram_logits
