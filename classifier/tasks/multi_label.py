"""Several labels per text, or none: each class is a question of its own, with yes or no as the answer."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.special import expit

from classifier.settings import Loss, TrainerSettings
from classifier.tasks.task import Task


class MultiLabel(Task):
    """Sigmoid and binary cross-entropy, summed over the classes: the loss is that of the whole set of labels."""

    several = True

    def scores(self, logits: Any) -> Any:
        return logits

    def probabilities(self, logits: Any) -> Any:
        return tf.nn.sigmoid(logits)

    def losses(self, targets: Any, logits: Any, class_weights: Any, settings: TrainerSettings) -> Any:
        """Returns the losses; the weight of a class counts where the class is a label."""
        smoothing = settings.label_smoothing or 0.0
        targets = targets * (1 - smoothing) + smoothing / 2
        losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
        if settings.loss is Loss.focal:  # Lin et al. 2017, equation 4, without its weight of the classes
            probabilities = tf.nn.sigmoid(logits)
            missed = targets * (1 - probabilities) + (1 - targets) * probabilities
            losses *= keras.ops.power(missed, settings.focal_gamma)
        return tf.reduce_sum(losses * (1 + targets * (class_weights - 1)), axis=1)

    def text_weights(self, targets: Any, class_weights: Any) -> Any:
        """Returns ones: the classes are weighted within the loss of a text."""
        return tf.ones_like(targets[:, 0])

    def numpy_scores(self, logits: NDArray[np.floating]) -> NDArray[np.floating]:
        return logits

    def numpy_probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.floating]:
        return expit(logits)

    def losses_and_errors(
        self, logits: NDArray[np.floating], targets: NDArray[np.floating]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        return (np.logaddexp(0, logits) - targets * logits).sum(axis=1), expit(logits) - targets
