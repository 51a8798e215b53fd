"""The hybrid: an encoder and the n-gram model next to it, fitted at the same time and mixed on validation."""

from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from threading import Event

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import log_softmax, softmax

from classifier.data import Examples
from classifier.encoders.scratch import ScratchEncoder
from classifier.evaluation.metrics import headline
from classifier.model.classifier_module import ClassifierModule
from classifier.model.ngram_fit import (
    Method,
    Recipe,
    apply_tfidf,
    compute_tfidf,
    fit_ngram_model,
    fit_weights,
    sum_ngram_models,
)
from classifier.model.ngram_model import NgramModel
from classifier.tokenizers import Tokenizer, batches_of

STRENGTHS = {Method.svm: (0.3, 1.0), Method.nb_svm: (0.3, 1.0), Method.regression: (10.0,)}  # to choose from
ENOUGH_EXAMPLES = 1000  # of validation, to choose by; with fewer, folds of train choose
FOLDS = 5
LEAST_SHARE = 0.01  # of each part: if none helps on a few validation examples, the whole still answers
MOST_SHARE = 2.0  # a small validation split that is all right must not make the whole certain of everything
MOST_METHOD_SHARE = 16.0  # of a linear classifier in the n-gram model: margins of an SVM are small numbers


@dataclass(frozen=True, slots=True)
class FittedNgrams:
    """What is fitted once before the encoder is done.

    Args:
        shares: what the logits of each linear classifier are multiplied with, before they are summed.
        chosen: fitted on train alone: what validation measures.
        valid_logits: its answers on the validation examples, (examples, classes).
        final: fitted by the same recipes on train and validation together: what is exported.
    """

    shares: dict[Recipe, float]
    chosen: NgramModel
    valid_logits: np.ndarray
    final: NgramModel


@dataclass(frozen=True, slots=True)
class Attempt:
    """One linear classifier, fitted on train.

    Args:
        recipe: how.
        weights, bias: (features, classes) and (classes,).
        logits: its answers for texts that it has not seen, (texts, classes).
        loss: of these, in nats at the best scale.
    """

    recipe: Recipe
    weights: np.ndarray
    bias: np.ndarray
    logits: np.ndarray
    loss: float


@dataclass(frozen=True, slots=True)
class Completed:
    """A hybrid whose encoder is trained.

    Args:
        validated: what validation measures; it knows the training split alone.
        final: what is exported; its n-gram model is fitted on train and validation together. The same without one.
        mixture: weights of encoder and n-gram model, (2,); None without an n-gram model.
        shares: of each linear classifier in the n-gram model.
    """

    validated: ClassifierModule
    final: ClassifierModule
    mixture: np.ndarray | None = None
    shares: Mapping[Recipe, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hybrid:
    """An encoder and, if the settings want one, the n-gram model that is fitted while the encoder trains.

    Args:
        encoder: with its tokenizer.
        valid: the validation examples.
        class_weights: loss weight of each class, (classes,).
        ngrams: what `fit_ngrams` returns, once it is done; None: the encoder is alone.
    """

    encoder: ScratchEncoder
    valid: Examples
    class_weights: np.ndarray
    ngrams: "Future[FittedNgrams] | None" = None

    def validate(self, logits: np.ndarray) -> dict[str, float]:
        """The metrics of the whole on validation; with an n-gram model also the encoder's own, `encoder_log_loss`.

        Args:
            logits: of the encoder for the validation examples, (examples, classes).
        """
        encoder = headline(self.valid.labels, softmax(logits, axis=1))
        if self.ngrams is None:
            return encoder
        _, mixed = mix(logits, self.ngrams.result().valid_logits, self.valid.labels, self.class_weights)
        return {**headline(self.valid.labels, softmax(mixed, axis=1)), "encoder_log_loss": encoder["log_loss"]}

    def complete(self, logits: np.ndarray) -> Completed:
        """The whole classifier; the weights of its mixture are chosen on validation.

        Args:
            logits: see `validate`.
        """
        names = self.valid.label_names
        if self.ngrams is None:
            alone = ClassifierModule(self.encoder, names)
            return Completed(alone, alone)
        fitted = self.ngrams.result()
        weights, _ = mix(logits, fitted.valid_logits, self.valid.labels, self.class_weights)
        validated, final = (
            ClassifierModule(self.encoder, names, one, weights) for one in (fitted.chosen, fitted.final)
        )
        return Completed(validated, final, weights, fitted.shares)


def fit_ngrams(
    stop: Event, tokenizer: Tokenizer, train: Examples, valid: Examples, class_weights: np.ndarray, seed: int
) -> FittedNgrams:
    """A weighted sum of linear classifiers: strengths and shares are those of least log-loss on unseen texts.

    Args:
        stop: once set, no further strength is tried, nor the whole fitted.
        tokenizer: splits texts into words.
        train, valid: the examples.
        class_weights: loss weight of each class, (classes,).
        seed: of the solver.

    Raises:
        CancelledError: where it was stopped.
    """
    shares, chosen = choose(stop, tokenizer, train, valid, class_weights, seed)
    if stop.is_set():
        raise CancelledError
    classes = len(train.label_names)
    both, labels = [*train.texts, *valid.texts], np.concatenate([train.labels, valid.labels])
    final = fit_ngram_model(
        compute_tfidf(tokenizer, both, classes), labels, class_weights[labels], classes, shares, seed
    )
    return FittedNgrams(shares, chosen, logits_of(chosen, tokenizer, valid.texts), final)


def choose(
    stop: Event, tokenizer: Tokenizer, train: Examples, valid: Examples, class_weights: np.ndarray, seed: int
) -> tuple[dict[Recipe, float], NgramModel]:
    """The shares, and their sum fitted on train.

    Unseen texts are the validation split, or where that is small, each fifth of train for classifiers fitted on the
    rest of it. Arguments and errors are those of `fit_ngrams`.
    """
    classes = len(train.label_names)
    tfidf = compute_tfidf(tokenizer, train.texts, classes)
    folds = len(valid) < ENOUGH_EXAMPLES
    unseen = train.labels if folds else valid.labels
    valid_values = None if folds else apply_tfidf(tokenizer, valid.texts, tfidf)

    def attempt(recipe: Recipe) -> Attempt:
        if stop.is_set():
            raise CancelledError
        weights, bias = fit_weights(tfidf.values, train.labels, class_weights[train.labels], classes, recipe, seed)
        if valid_values is None:
            logits = out_of_fold_logits(tfidf.values, train.labels, class_weights, recipe, seed)
        else:
            logits = valid_values @ weights + bias
        loss, _ = least_log_loss([logits], unseen, [MOST_METHOD_SHARE], class_weights[unseen])
        return Attempt(recipe, weights, bias, logits, loss)

    best = [
        min((attempt(Recipe(method, strength)) for strength in strengths), key=lambda one: one.loss)
        for method, strengths in STRENGTHS.items()
    ]
    limits = [MOST_METHOD_SHARE] * len(best)
    _, shares = least_log_loss([one.logits for one in best], unseen, limits, class_weights[unseen])
    by_recipe = {one.recipe: float(share) for one, share in zip(best, shares, strict=True)}
    chosen = sum_ngram_models(tfidf, classes, [(by_recipe[one.recipe], one.weights, one.bias) for one in best])
    return by_recipe, chosen


def out_of_fold_logits(
    values: csr_matrix, labels: np.ndarray, class_weights: np.ndarray, recipe: Recipe, seed: int
) -> np.ndarray:
    """Logits (texts, classes), each by a classifier that has not seen the text."""
    logits = np.zeros((len(labels), len(class_weights)), np.float32)
    fold_of = np.empty(len(labels), np.int64)
    fold_of[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % FOLDS  # each class is spread evenly
    for fold in range(FOLDS):
        seen, left = fold_of != fold, fold_of == fold
        weights, bias = fit_weights(
            values[seen], labels[seen], class_weights[labels[seen]], len(class_weights), recipe, seed
        )
        logits[left] = values[left] @ weights + bias
    return logits


def logits_of(model: NgramModel, tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """Logits of an n-gram model for many texts, (texts, classes)."""
    answer = tf.function(
        lambda batch: model(tokenizer.words(batch)), input_signature=[tf.TensorSpec([None], tf.string)]
    )
    return np.concatenate([answer(batch).numpy() for batch in batches_of(texts)])


def mix(
    encoder_logits: np.ndarray, ngram_logits: np.ndarray, labels: np.ndarray, class_weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The weights of encoder and n-gram model that have the least log-loss on validation.

    Args:
        encoder_logits, ngram_logits: logits of the validation examples, (examples, classes).
        labels: (examples,).
        class_weights: loss weight of each class, (classes,); None: all alike.

    Returns:
        The weights (2,) and the mixed logits (examples, classes).
    """
    parts = [log_softmax(encoder_logits, axis=1), ngram_logits]
    sample_weights = None if class_weights is None else class_weights[labels]
    _, weights = least_log_loss(parts, labels, [MOST_SHARE] * 2, sample_weights)
    return weights, weights[0] * parts[0] + weights[1] * parts[1]


def least_log_loss(
    parts: Sequence[np.ndarray], labels: np.ndarray, most: Sequence[float], sample_weights: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """The least log-loss of a weighted sum of logits, in nats, and the weights, from LEAST_SHARE to `most` of each."""
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
