"""The linear part beside the encoder: fitted while the encoder trains, and joined with it on validation."""

from collections.abc import Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from threading import Event

import numpy as np
import tensorflow as tf

from classifier.data import Examples
from classifier.ngrams import (
    NgramLinear,
    Recipe,
    TfIdf,
    apply_tfidf,
    compute_tfidf,
    fit_linear,
    fit_weights,
)
from classifier.tokenizers import Tokenizer, batches_of

RECIPES = tuple(
    Recipe(strength, naive_bayes)
    for naive_bayes, strengths in ((False, (0.3, 1.0)), (True, (0.3, 1.0, 3.0)))
    for strength in strengths
)
ENOUGH_EXAMPLES = 1000  # of validation, to choose a recipe; with fewer, folds of train choose
FOLDS = 5
MOST_RATIO_CLASSES = 20  # with more, naive Bayes is not tried: each class would need a matrix and a fit of its own
LEAST_SHARE = 0.01  # of encoder and linear part: if neither helps on a few validation examples, the whole still answers
MOST_SHARES = (2.0, 16.0)  # of encoder and linear part: a small validation split that is all right must not make the
# whole certain of everything; margins of a linear SVM are small numbers, so theirs is larger


@dataclass(frozen=True, slots=True)
class LinearPart:
    """What is fitted once before the encoder is done.

    Args:
        recipe: how it was fitted.
        chosen: fitted on train alone: what validation measures.
        valid_logits: its answers on the validation examples, (examples, classes).
        final: fitted by the same recipe on train and validation together: what is exported.
    """

    recipe: Recipe
    chosen: NgramLinear
    valid_logits: np.ndarray
    final: NgramLinear


def fit_part(
    stop: Event, tokenizer: Tokenizer, train: Examples, valid: Examples, class_weights: np.ndarray, seed: int
) -> LinearPart:
    """The linear part, by the recipe of least log-loss on validation, or on folds of train where validation is small.

    Args:
        stop: once set, nothing more is fitted.
        tokenizer: splits texts into words.
        train, valid: the examples.
        class_weights: loss weight of each class, (classes,).
        seed: of the solver.

    Raises:
        CancelledError: where it was stopped.
    """
    classes = len(train.label_names)
    tfidf = compute_tfidf(tokenizer, train.texts, classes)
    if len(valid) < ENOUGH_EXAMPLES:

        def loss(recipe: Recipe) -> float:
            return cross_validated_loss(tfidf, train.labels, class_weights, recipe, seed)
    else:
        values = apply_tfidf(tokenizer, valid.texts, tfidf)

        def loss(recipe: Recipe) -> float:
            sample_weights = class_weights[train.labels]
            weights, bias = fit_weights(tfidf.values, train.labels, sample_weights, classes, recipe, seed)
            return scaled_loss(values @ weights + bias, valid.labels, class_weights)

    losses = {}
    for recipe in [one for one in RECIPES if not one.naive_bayes or classes <= MOST_RATIO_CLASSES]:
        if stop.is_set():
            raise CancelledError
        losses[recipe] = loss(recipe)
    recipe = min(losses, key=losses.__getitem__)
    chosen = fit_linear(tfidf, train.labels, class_weights[train.labels], classes, recipe, seed)
    del tfidf  # makes room
    both, labels = [*train.texts, *valid.texts], np.concatenate([train.labels, valid.labels])
    tfidf = compute_tfidf(tokenizer, both, classes)
    final = fit_linear(tfidf, labels, class_weights[labels], classes, recipe, seed)
    return LinearPart(recipe, chosen, linear_logits(chosen, tokenizer, valid.texts), final)


def cross_validated_loss(
    tfidf: TfIdf, labels: np.ndarray, class_weights: np.ndarray, recipe: Recipe, seed: int
) -> float:
    """Log-loss, in nats at the best scale, of answers by models that have not seen the text they answer."""
    logits = np.zeros((len(labels), len(class_weights)), np.float32)
    fold_of = np.empty(len(labels), np.int64)
    fold_of[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % FOLDS  # each class is spread evenly
    for fold in range(FOLDS):
        seen, left = fold_of != fold, fold_of == fold
        weights, bias = fit_weights(
            tfidf.values[seen], labels[seen], class_weights[labels[seen]], len(class_weights), recipe, seed
        )
        logits[left] = tfidf.values[left] @ weights + bias
    return scaled_loss(logits, labels, class_weights)


def scaled_loss(logits: np.ndarray, labels: np.ndarray, class_weights: np.ndarray) -> float:
    """Log-loss of the linear part alone, in nats, at the scale that suits it best."""
    return least_log_loss([logits], labels, MOST_SHARES[1:], class_weights[labels])[0]


def linear_logits(linear: NgramLinear, tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """Logits of the linear part for many texts, (texts, classes)."""
    answer = tf.function(
        lambda batch: linear(tokenizer.words(batch)), input_signature=[tf.TensorSpec([None], tf.string)]
    )
    return np.concatenate([answer(batch).numpy() for batch in batches_of(texts)])


def join(
    encoder_logits: np.ndarray, linear: np.ndarray, labels: np.ndarray, class_weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """How much encoder and linear part each have to say: the two weights of least log-loss on validation.

    Args:
        encoder_logits, linear: logits of the validation examples, (examples, classes).
        labels: (examples,).
        class_weights: loss weight of each class, (classes,); None: all alike.

    Returns:
        The weights (2,) and the joined logits (examples, classes).
    """
    from scipy.special import log_softmax

    parts = [log_softmax(encoder_logits, axis=1), linear]
    sample_weights = None if class_weights is None else class_weights[labels]
    _, weights = least_log_loss(parts, labels, MOST_SHARES, sample_weights)
    return weights, weights[0] * parts[0] + weights[1] * parts[1]


def least_log_loss(
    parts: Sequence[np.ndarray], labels: np.ndarray, most: Sequence[float], sample_weights: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """The least log-loss of a weighted sum of logits, in nats, and the weights, from LEAST_SHARE to `most` of each."""
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    right = np.arange(len(labels)), labels
    shares = np.ones(len(labels)) if sample_weights is None else sample_weights
    shares = (shares / shares.sum())[:, None]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        log_probabilities = log_softmax(sum(w * part for w, part in zip(weights, parts, strict=True)), axis=1)
        error = np.exp(log_probabilities)
        error[right] -= 1
        error *= shares
        return -(log_probabilities[right] * shares[:, 0]).sum(), np.array([(error * part).sum() for part in parts])

    found = minimize(loss, x0=[0.5] * len(parts), jac=True, bounds=[(LEAST_SHARE, limit) for limit in most])
    return float(found.fun), found.x
