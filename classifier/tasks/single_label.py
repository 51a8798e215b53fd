"""One label per text: the classes compete, and their probabilities add up to 1."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from classifier.settings import Loss, TrainerSettings
from classifier.tasks.task import Task


class SingleLabel(Task):
    """Softmax and cross-entropy."""

    several = False

    def scores(self, logits: Any) -> Any:
        return tf.nn.log_softmax(logits)

    def probabilities(self, logits: Any) -> Any:
        return tf.nn.softmax(logits)

    def losses(self, targets: Any, logits: Any, class_weights: Any, settings: TrainerSettings) -> Any:
        options = {"from_logits": True, "label_smoothing": settings.label_smoothing or 0.0}
        if settings.loss is Loss.focal:
            focal = {"alpha": 1.0, "gamma": settings.focal_gamma}  # classes are weighted by text_weights
            return keras.losses.categorical_focal_crossentropy(targets, logits, **focal, **options)
        return keras.losses.categorical_crossentropy(targets, logits, **options)

    def text_weights(self, targets: Any, class_weights: Any) -> Any:
        """Returns the weight of the class of each text; of several likely classes, the mean weight."""
        return tf.reduce_sum(targets * class_weights, axis=1)

    def numpy_scores(self, logits: NDArray[np.floating]) -> NDArray[np.floating]:
        return log_softmax(logits, axis=1)

    def numpy_probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.floating]:
        return softmax(logits, axis=1)

    def losses_and_errors(
        self, logits: NDArray[np.floating], targets: NDArray[np.floating]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        log_probabilities = log_softmax(logits, axis=1)
        return -(targets * log_probabilities).sum(axis=1), np.exp(log_probabilities) - targets
