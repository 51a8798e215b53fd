"""Finds the weights of the `Mixture` of encoder and n-gram model that minimize the loss on validation.

The weights also calibrate the probabilities: that of an encoder alone is the inverse of its temperature (Guo et al.
2017, "On calibration of modern neural networks", section 4.2). If a text can have several labels, each class also has
a scale and a shift of its own (Platt 1999, "Probabilistic outputs for support vector machines"), which keep close to
1 and 0 unless there are examples against it; and the targets are Platt's, so that a few examples without mistakes do
not make the model certain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from classifier.tasks import Task
from classifier.training.targets import as_probabilities, sample_weights

LEAST_SHARE = 0.01  # minimum weight of each part, even if neither helps on a few validation examples
MOST_SHARE = 2.0  # maximum weight, because a small validation split without mistakes would make it arbitrarily large
START = 0.5  # of the search for each weight
Measure = Callable[[NDArray[np.floating]], tuple[float, NDArray[np.floating]]]
PENALTY = 1.0  # in nats over all examples, of a scale that is off by 1 and of a shift of a logit by 1


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a mixture.

    Args:
        parts: weight of each part, of shape (parts,), or by class (parts, classes) if a text can have several labels.
        shift: what is added to the logit of each class, (classes,); None if a text has one label.
    """

    parts: NDArray[np.floating]
    shift: NDArray[np.floating] | None = None

    def mix(self, parts: Sequence[NDArray[np.floating]]) -> NDArray[np.floating]:
        """Returns the weighted sum of logits (examples, classes)."""
        mixed = np.sum([weight * part for weight, part in zip(self.parts, parts, strict=True)], axis=0)
        return mixed if self.shift is None else mixed + self.shift


def mix(
    task: Task,
    encoder_logits: NDArray[np.floating],
    ngram_logits: NDArray[np.floating] | None,
    labels: NDArray,
    class_weights: NDArray[np.floating] | None = None,
) -> tuple[Weights, NDArray[np.floating]]:
    """Returns the weights for the validation examples and their mixed logits (examples, classes).

    Args:
        task: what an answer is.
        encoder_logits, ngram_logits: logits of the validation examples, of shape (examples, classes); None without an
            n-gram model.
        labels: labels of the examples; see `Examples`.
        class_weights: class weights of the loss, of shape (classes,); None means equal weights.
    """
    parts = [task.numpy_scores(encoder_logits)]
    if ngram_logits is not None:
        parts.append(ngram_logits)
    weights = least_log_loss(task, parts, labels, [MOST_SHARE] * len(parts), class_weights)[1]
    return weights, weights.mix(parts)


def least_log_loss(
    task: Task,
    parts: Sequence[NDArray[np.floating]],
    labels: NDArray,
    most: Sequence[float],
    class_weights: NDArray[np.floating] | None = None,
) -> tuple[float, Weights]:
    """Returns the minimum loss of a weighted sum of logits in nats, and its weights from LEAST_SHARE to `most`."""
    classes = parts[0].shape[1]
    ones = np.ones(classes)
    weights = sample_weights(task, labels, ones if class_weights is None else class_weights)
    targets, shares = as_probabilities(labels, classes), weights / weights.sum()
    if task.several:
        targets = platt_targets(targets)

    def measure(mixed: NDArray[np.floating]) -> tuple[float, NDArray[np.floating]]:
        """Returns the mean loss of mixed logits, and its gradient by them, (examples, classes)."""
        losses, errors = task.losses_and_errors(mixed, targets)
        return float((losses * shares).sum()), errors * shares[:, None]

    search = _search_by_class if task.several else _search
    return search(measure, parts, most)


def platt_targets(truth: NDArray[np.floating]) -> NDArray[np.floating]:
    """Returns the probabilities that N labels of each class support: (N+1)/(N+2) for yes, and 1/(N'+2) for no.

    N and N' are the numbers of examples with and without the label (Platt 1999, section 2.2).

    Args:
        truth: 1 if an example has a label, otherwise 0, (examples, classes).
    """
    having = truth.sum(axis=0, dtype=np.float64)
    return np.where(truth > 0, (having + 1) / (having + 2), 1 / (len(truth) - having + 2))


def _search(measure: Measure, parts: Sequence[NDArray[np.floating]], most: Sequence[float]) -> tuple[float, Weights]:
    """Returns the minimum over the weights of the parts."""

    def loss(weights: NDArray[np.floating]) -> tuple[float, NDArray[np.floating]]:
        value, errors = measure(Weights(weights).mix(parts))
        return value, np.array([(errors * part).sum() for part in parts])

    found = minimize(loss, x0=[START] * len(parts), jac=True, bounds=[(LEAST_SHARE, limit) for limit in most])
    return float(found.fun), Weights(found.x)


def _search_by_class(
    measure: Measure, parts: Sequence[NDArray[np.floating]], most: Sequence[float]
) -> tuple[float, Weights]:
    """Returns the minimum over the weights of the parts, and over a scale and a shift of each class."""
    count, (examples, classes) = len(parts), parts[0].shape
    penalty = PENALTY / examples

    def loss(flat: NDArray[np.floating]) -> tuple[float, NDArray[np.floating]]:
        weights, scale, shift = np.split(flat, [count, count + classes])
        mixed = Weights(weights).mix(parts)
        value, errors = measure(scale * mixed + shift)
        of_scale = (errors * mixed).sum(axis=0) + 2 * penalty * (scale - 1)
        of_shift = errors.sum(axis=0) + 2 * penalty * shift
        of_parts = [(errors * scale * part).sum() for part in parts]
        value += penalty * float(((scale - 1) ** 2).sum() + (shift**2).sum())
        return value, np.concatenate([of_parts, of_scale, of_shift])

    start = np.concatenate([np.full(count, START), np.ones(classes), np.zeros(classes)])
    bounds = [*((LEAST_SHARE, limit) for limit in most), *[(LEAST_SHARE, None)] * classes, *[(None, None)] * classes]
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B")
    weights, scale, shift = np.split(found.x, [count, count + classes])
    return float(found.fun), Weights(weights[:, None] * scale, shift)
