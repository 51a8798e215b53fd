"""The interface of a task: the way from the logits of a model to its answers."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from classifier.settings import TrainerSettings


class Task(ABC):
    """What an answer is: the loss that training minimizes, and the probabilities that logits mean.

    Targets are float32 of shape (texts, classes): the probability of each class. Methods whose arguments are tensors
    belong to a graph of TensorFlow; the others take and return NumPy arrays.
    """

    several: ClassVar[bool]  # whether a text can have several labels, or none

    @abstractmethod
    def scores(self, logits: Any) -> Any:
        """Returns the encoder's part of the mixture, a tensor of the shape of the logits (batch, classes)."""

    @abstractmethod
    def probabilities(self, logits: Any) -> Any:
        """Returns the probability of each class, a tensor of the shape of the logits (batch, classes)."""

    @abstractmethod
    def losses(self, targets: Any, logits: Any, class_weights: Any, settings: TrainerSettings) -> Any:
        """Returns the loss of each text in nats, a tensor of shape (batch,), before `text_weights`.

        Args:
            targets: tensor of shape (batch, classes).
            logits: tensor of shape (batch, classes).
            class_weights: weights of the classes, (classes,).
            settings: kind of loss and label smoothing.
        """

    @abstractmethod
    def text_weights(self, targets: Any, class_weights: Any) -> Any:
        """Returns the weight of each text in the loss, a tensor (batch,); arguments as for `losses`."""

    @abstractmethod
    def numpy_scores(self, logits: NDArray[np.floating]) -> NDArray[np.floating]:
        """Returns `scores` of arrays."""

    @abstractmethod
    def numpy_probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.floating]:
        """Returns `probabilities` of arrays."""

    @abstractmethod
    def losses_and_errors(
        self, logits: NDArray[np.floating], targets: NDArray[np.floating]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Returns the loss of each text in nats, (texts,), and its gradient by the logits, (texts, classes)."""
