"""Validates labels and probabilities once, so that no formula has to handle NaN or wrong shapes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.errors import UserError
from classifier.terminal import counted

SUM_TOLERANCE = 0.01  # the error of a softmax in bfloat16 is up to 0.004; that of logits is much larger


def checked(labels: ArrayLike, probabilities: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Validates class numbers (examples,) and probabilities (examples, classes), and normalizes rows to 1 in float64.

    If a text can have several labels, the labels are zeros and ones (examples, classes), and rows are left as they are.
    Raises UserError for no examples, fewer than two classes, NaN or infinity; ValueError for inconsistent shapes,
    invalid class numbers, and rows that are not probabilities.
    """
    probabilities = finite(probabilities, "probabilities")
    if np.ndim(labels) == 2:
        return indicators(labels, probabilities.shape), in_range(probabilities)
    labels = class_numbers(labels, probabilities.shape)
    if not are_probabilities(probabilities):
        raise ValueError("probabilities must not be negative and each row must sum to 1; are these logits?")
    return labels, probabilities / probabilities.sum(axis=1, keepdims=True)


def indicators(labels: ArrayLike, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Validates zeros and ones of the shape (examples, classes); raises ValueError."""
    labels = np.asarray(labels)
    if labels.shape != shape:
        raise ValueError(f"labels must be of the shape of the probabilities, {shape}, not {labels.shape}")
    if not np.isin(labels, (0, 1)).all():
        raise ValueError("labels must be 0 or 1 for each class")
    return labels.astype(np.int64)


def in_range(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Validates that probabilities are between 0 and 1, up to rounding, and clips them; raises ValueError."""
    if (probabilities < -SUM_TOLERANCE).any() or (probabilities > 1 + SUM_TOLERANCE).any():
        raise ValueError("probabilities must be between 0 and 1; are these logits?")
    return probabilities.clip(0, 1)


def are_probabilities(scores: NDArray[np.float64]) -> bool:
    """Whether all entries are nonnegative and all rows sum to 1, up to rounding in float32 or bfloat16."""
    return bool((scores >= 0).all() and (np.abs(scores.sum(axis=1) - 1) <= SUM_TOLERANCE).all())


def finite(scores: ArrayLike, name: str) -> NDArray[np.float64]:
    """Returns the scores (examples, classes) in float64; raises the same errors as `checked`."""
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 2:
        raise ValueError(f"{name} must be (examples, classes), not of shape {scores.shape}")
    if not len(scores):
        raise UserError("There is nothing to evaluate: the split has no examples.")
    if scores.shape[1] < 2:
        raise UserError(f"A classifier needs at least two classes; the {name} have {scores.shape[1]}.")
    if bad := int((~np.isfinite(scores)).any(axis=1).sum()):
        raise UserError(
            f"The model's {name} are NaN or infinite for {bad:,} of {counted(len(scores), 'example')}: "
            "the training has diverged. Train again with a lower learning rate or with gradient clipping."
        )
    return scores


def class_numbers(labels: ArrayLike, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Validates labels (examples,) as column indices of scores (examples, classes); raises ValueError."""
    labels, (examples, classes) = np.asarray(labels), shape
    if labels.shape != (examples,):
        raise ValueError(f"labels must be ({examples},), one for each row of the scores, not of shape {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels must be integers, not {labels.dtype}")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must be from 0 to {classes - 1}; found {labels.min()} to {labels.max()}")
    return labels.astype(np.int64)


def check_names(label_names: list[str], classes: int) -> None:
    """Raises ValueError unless there is one name for each class."""
    if len(label_names) != classes:
        raise ValueError(f"there are {len(label_names)} label names for {classes} columns of probabilities")


def one_hot(labels: NDArray[np.int64], classes: int) -> NDArray[np.bool_]:
    """Returns whether each example has each class, (examples, classes), from labels of either shape."""
    return labels > 0 if labels.ndim == 2 else labels[:, None] == np.arange(classes)


def contrasted(truth: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Returns the classes with both positive and negative examples, for which ranking metrics are defined."""
    support = truth.sum(axis=0)
    return np.flatnonzero((support > 0) & (support < len(truth)))
