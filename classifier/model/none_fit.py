"""Fits the logit of the class of none of these on validation texts, by a logistic regression on their scores."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from classifier.model.none_logit import scores
from classifier.tasks import NoneOfThese

SHARE = 0.05  # of texts of none of the classes, for which the probability is calibrated
PENALTY = (
    1e-3  # of the squared weights of standardized scores, which keeps them finite if the scores separate the texts
)
ORDINARY = (1.0, 1.0)  # weights with which, without bias, the logit of a learned class is unchanged


def fit_none(
    label: str, inside: NDArray[np.floating], outside: NDArray[np.floating], labels: NDArray, *, learned: bool
) -> NoneOfThese:
    """Returns the weights and the bias for which the log-loss of the probability is minimal.

    Texts of classes and texts of none are weighted such that the latter are `SHARE` of all, because their share in
    validation says little about that in use. Without any of them, a learned class keeps its own logit. Otherwise, each
    validation text is one of its class and, once its class is left out of the logits, one of none of the others.

    Args:
        label: name of the class.
        inside: unnormalized mixed logits of validation texts of the other classes; see `NoneLogit`.
        outside: those of the validation texts of none of these; there may be none.
        labels: classes of the first texts, (texts,).
        learned: whether the last logit is that of the class.
    """
    if learned and not len(outside):
        return NoneOfThese(label, ORDINARY, 0.0, learned, len(inside))
    left = scores(outside, learned) if len(outside) else scores_without_own_class(inside, labels)
    found = np.concatenate([scores(inside, learned), left])
    truth = np.repeat([0.0, 1.0], [len(inside), len(left)])
    shares = np.repeat([(1 - SHARE) / len(inside), SHARE / len(left)], [len(inside), len(left)])
    mean, scale = found.mean(axis=0), found.std(axis=0) + 1e-6
    standardized = (found - mean) / scale

    def loss(given: NDArray[np.floating]) -> tuple[float, NDArray[np.floating]]:
        logits = standardized @ given[:-1] + given[-1]
        losses = np.logaddexp(0, logits) - truth * logits
        errors = shares * (1 / (1 + np.exp(-logits)) - truth)
        gradient = np.append(errors @ standardized + 2 * PENALTY * SHARE * given[:-1], errors.sum())
        return float(shares @ losses + PENALTY * SHARE * (given[:-1] ** 2).sum()), gradient

    bounds = [(0, None)] * found.shape[1] + [(None, None)]  # less evidence for a class is never evidence for one
    best = minimize(loss, np.zeros(found.shape[1] + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    weights = best[:-1] / scale
    bias = float(best[-1] - weights @ mean)
    return NoneOfThese(label, tuple(weights.tolist()), bias, learned, len(inside), len(outside))


def scores_without_own_class(logits: NDArray[np.floating], labels: NDArray) -> NDArray[np.floating]:
    """Returns the scores (texts, 1) of texts from the logits of the classes to which each does not belong.

    With few classes, what speaks for one of them speaks against each other, and little is left. A text of none of the
    classes does not speak against them: its energy is taken to be at least that of the mean logits.

    Args:
        logits: logits of shape (texts, classes).
        labels: classes of the texts, (texts,).
    """
    others = labels[:, None] != np.arange(logits.shape[1])
    left = scores(logits[others].reshape(len(logits), -1), learned=False)
    return np.minimum(left, scores(logits.mean(axis=0, keepdims=True), learned=False))
