"""The last class of a model, of texts that belong to none of the others: a logit that is computed from theirs.

The score of a text is its energy (Liu et al. 2020, "Energy-based out-of-distribution detection", equation 4): the
log-sum-exp E of the logits of the other classes, weighted as in the `Mixture` but not normalized, since it is their
level that tells whether any class fits. The probability of the class is q = sigmoid(b - a E), and that of each other
class is multiplied by 1 - q. In logits, this is one more, E + b - a E; with a = 1, it is the constant b. If the model
also learned the class, its own logit m is one more score: q = sigmoid(c m - a E + b).
"""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.special import logsumexp

from classifier.tasks import NoneOfThese


class NoneLogit(tf.Module):
    """Replaces or appends the logit of the last class.

    Args:
        fitted: weights and bias, by `classifier.model.none_fit`.
    """

    def __init__(self, fitted: NoneOfThese) -> None:
        super().__init__()
        self.fitted = fitted
        self.weights = tf.Variable(tf.constant(fitted.weights, tf.float32), trainable=False)
        self.bias = tf.Variable(tf.constant(fitted.bias, tf.float32), trainable=False)

    def __call__(self, logits: tf.Tensor) -> tf.Tensor:
        """Returns logits of all classes, of shape (batch, classes).

        Args:
            logits: weighted sum of the logits of encoder and n-gram model, of shape (batch, classes), or without the
                last class if it was not learned.
        """
        return with_none(logits, self.weights, self.bias, self.fitted.learned)


def with_none(logits: Any, weights: Any, bias: Any, learned: bool) -> tf.Tensor:
    """Returns what `NoneLogit` returns; weights and bias are variables or constants."""
    others = logits[:, :-1] if learned else logits
    energy = tf.reduce_logsumexp(others, axis=1, keepdims=True)
    added = energy * (1 - weights[0]) + bias
    if learned:
        added += weights[1] * logits[:, -1:]
    return tf.concat([others, added], axis=1)


def scores(logits: NDArray[np.floating], learned: bool) -> NDArray[np.floating]:
    """Returns the scores that the weights of the logit multiply, (texts, scores).

    Arguments as for `with_none`. The first score is the negative energy, and the second is the logit of the class if it
    was learned.
    """
    others = logits[:, :-1] if learned else logits
    energy = -logsumexp(others, axis=1)
    return np.stack([energy, logits[:, -1]], axis=1) if learned else energy[:, None]


def numpy_with_none(logits: NDArray[np.floating], fitted: NoneOfThese) -> NDArray[np.floating]:
    """Returns what `NoneLogit` returns, for arrays."""
    found = scores(logits, fitted.learned)
    added = found @ np.array(fitted.weights) + fitted.bias - found[:, 0]
    others = logits[:, :-1] if fitted.learned else logits
    return np.concatenate([others, added[:, None]], axis=1)
