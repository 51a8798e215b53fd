"""Weighted mixture of the encoder and, if there is one, the n-gram model."""

import tensorflow as tf

from classifier.model.mixing import Weights
from classifier.tasks import Task


class Mixture(tf.Module):
    """Weighted sum of the logits of encoder and n-gram model; `classifier.model.mixing` finds the weights.

    Args:
        weights: weights of the encoder's scores and of the n-gram model's logits.
        task: what an answer is, by which logits of the encoder become scores.
    """

    def __init__(self, weights: Weights, task: Task) -> None:
        super().__init__()
        self.task, self.fitted = task, weights
        self.weights = tf.Variable(tf.constant(weights.parts, tf.float32), trainable=False)
        shift = weights.shift
        self.shift = None if shift is None else tf.Variable(tf.constant(shift, tf.float32), trainable=False)

    def __call__(self, encoder_logits: tf.Tensor, ngram_logits: tf.Tensor | None = None) -> tf.Tensor:
        """Returns mixed logits (batch, classes) from logits of the same shape."""
        mixed = self.encoder(encoder_logits)
        if ngram_logits is not None:
            mixed += self.weights[1] * ngram_logits
        return mixed if self.shift is None else mixed + self.shift

    def unnormalized(self, encoder_logits: tf.Tensor, ngram_logits: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the weighted sum of the logits, which for one label per text has the same softmax.

        Arguments and shape as in `__call__`; see `classifier.model.none_logit`.
        """
        mixed = self.weights[0] * encoder_logits
        return mixed if ngram_logits is None else mixed + self.weights[1] * ngram_logits

    def encoder(self, logits: tf.Tensor) -> tf.Tensor:
        """Returns the contribution of the encoder to the mixed logits (batch, classes)."""
        return self.weights[0] * self.task.scores(logits)
