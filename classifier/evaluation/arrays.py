"""Labels and probabilities checked once, at the door, so that no formula behind it meets a NaN or a wrong shape."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.errors import UserError

SUM_TOLERANCE = 0.01  # a softmax in bfloat16 is off by up to 0.004; logits are off by far more


def checked(labels: ArrayLike, probabilities: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(examples,) class numbers and (examples, classes) probabilities, whose rows are made to sum to one in float64.

    Raises UserError for no examples, fewer than two classes, NaN or infinity; ValueError for shapes that do not agree,
    a label that is no class number, and rows that are no probabilities.
    """
    probabilities = finite(probabilities, "probabilities")
    labels = class_numbers(labels, probabilities.shape)
    if not are_probabilities(probabilities):
        raise ValueError("probabilities must not be negative and each row must sum to 1; are these logits?")
    return labels, probabilities / probabilities.sum(axis=1, keepdims=True)


def checked_scores(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """As `checked`, but rows that are no probabilities are taken for logits, (examples, classes), and softmaxed."""
    from scipy.special import softmax

    scores = finite(scores, "outputs")
    return checked(labels, scores if are_probabilities(scores) else softmax(scores, axis=1))


def are_probabilities(scores: NDArray[np.float64]) -> bool:
    """Whether no entry is negative and every row sums to one, up to float32 and bfloat16 rounding."""
    return bool((scores >= 0).all() and (np.abs(scores.sum(axis=1) - 1) <= SUM_TOLERANCE).all())


def finite(scores: ArrayLike, name: str) -> NDArray[np.float64]:
    """The (examples, classes) scores in float64; raises as `checked` does."""
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 2:
        raise ValueError(f"{name} must be (examples, classes), not of shape {scores.shape}")
    if not len(scores):
        raise UserError("There is nothing to evaluate: the split has no examples.")
    if scores.shape[1] < 2:
        raise UserError(f"A classifier needs at least two classes; the {name} have {scores.shape[1]}.")
    if bad := int((~np.isfinite(scores)).any(axis=1).sum()):
        raise UserError(
            f"The model's {name} are NaN or infinite for {bad:,} of {len(scores):,} examples: "
            "the training has diverged. Train again with a lower learning rate or with gradient clipping."
        )
    return scores


def class_numbers(labels: ArrayLike, shape: tuple[int, int]) -> NDArray[np.int64]:
    """The (examples,) labels, each a column of the (examples, classes) scores; raises ValueError otherwise."""
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


def one_hot(labels: NDArray[np.int64], classes: int) -> NDArray[np.int8]:
    """(examples,) -> (examples, classes): 1 in the column of the label."""
    return (labels[:, None] == np.arange(classes)).astype(np.int8)


def contrasted(labels: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """The classes with at least one example of their own and one of another: those for which a ranking has a score."""
    support = np.bincount(labels, minlength=classes)
    return np.flatnonzero((support > 0) & (support < len(labels)))
