"""What a model learns to answer: labels, or the probabilities of a teacher.

Targets are integers of shape (texts,), or float32 probabilities of shape (texts, classes); if a text can have several
labels, always the latter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.tasks import Task

LABEL_WEIGHT = 0.5  # of the label in the target of a labelled text; the rest are the teacher's probabilities


@dataclass(frozen=True, slots=True)
class TrainingTexts:
    """The texts that a model learns from: those of train, and with a teacher also those without labels.

    Args:
        texts: texts of train, followed by those without labels.
        targets: targets of all texts.
        labels: labels of the texts of train; see `Examples`.
    """

    texts: Sequence[str]
    targets: np.ndarray
    labels: np.ndarray


def taught(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns the targets of a student: a mixture of probabilities and labels (Hinton et al. 2015, section 2).

    Args:
        probabilities: of the teacher, of shape (texts, classes).
        labels: labels of the first texts; see `Examples`.
    """
    targets = probabilities.astype(np.float32)
    targets[: len(labels)] *= 1 - LABEL_WEIGHT
    targets[: len(labels)] += LABEL_WEIGHT * as_probabilities(labels, targets.shape[1])
    return targets


def as_probabilities(targets: np.ndarray, classes: int) -> np.ndarray:
    """Returns targets or labels as float32 probabilities of shape (texts, classes)."""
    return targets.astype(np.float32, copy=False) if targets.ndim == 2 else np.eye(classes, dtype=np.float32)[targets]


def as_labels(targets: np.ndarray) -> np.ndarray:
    """Returns targets as integers of shape (texts,): the most likely class of each text."""
    return targets.argmax(axis=1) if targets.ndim == 2 else targets


def sample_weights(task: Task, targets: np.ndarray, class_weights: np.ndarray) -> np.ndarray:
    """Returns the loss weight of each text, of shape (texts,), from those of the classes, of shape (classes,).

    If a text can have several labels, the classes are weighted within the loss of a text instead.
    """
    if task.several:
        return np.ones(len(targets))
    return targets @ class_weights if targets.ndim == 2 else class_weights[targets]
