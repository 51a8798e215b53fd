"""The hybrid: an encoder and an n-gram model, which are fitted at the same time and mixed on validation."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from threading import Event

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import log_softmax, softmax

from classifier.data import Examples
from classifier.encoders.encoder import Encoder
from classifier.evaluation.metrics import headline
from classifier.model.classifier_module import ClassifierModule
from classifier.model.imprinting import with_validation
from classifier.model.ngram_fit import (
    Method,
    NgramCounter,
    Recipe,
    apply_tfidf,
    compute_tfidf,
    fit_ngram_model,
    fit_weights,
    sum_ngram_models,
)
from classifier.model.ngram_model import NgramModel
from classifier.progress import Stage
from classifier.tasks import Decision
from classifier.tokenizers import Tokenizer, batches_of
from classifier.training.targets import TrainingTexts, as_labels, as_probabilities, sample_weights

STRENGTHS = {Method.svm: (0.3, 1.0), Method.nb_svm: (0.3, 1.0), Method.regression: (10.0,)}  # candidates
ENOUGH_EXAMPLES = 1000  # of validation, to select the settings; with fewer examples, folds of train are used
FOLDS = 5
LEAST_SHARE = 0.01  # minimum weight of each part, even if neither helps on a few validation examples
MOST_SHARE = 2.0  # maximum weight, because a small validation split without mistakes would make it arbitrarily large
MOST_METHOD_SHARE = 16.0  # maximum weight of a linear classifier in the n-gram model; margins of an SVM are small


@dataclass(frozen=True, slots=True)
class ChosenNgrams:
    """The n-gram model for validation.

    Args:
        shares: weights of the linear classifiers in the sum of their logits.
        model: model that is fitted on train only.
        valid_logits: its logits for the validation examples, of shape (examples, classes).
    """

    shares: dict[Recipe, float]
    model: NgramModel
    valid_logits: np.ndarray


@dataclass(frozen=True, slots=True)
class NgramFit:
    """The n-gram models that are fitted while the encoder is trained.

    Args:
        chosen: future model for validation, which the first validation awaits.
        final: future model for the export, fitted with the same recipes on train and validation.
    """

    chosen: Future[ChosenNgrams]
    final: Future[NgramModel]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A linear classifier that is fitted on train.

    Args:
        recipe: how it was fitted.
        weights, bias: arrays of shape (features, classes) and (classes,).
        logits: logits for unseen texts, of shape (texts, classes).
        loss: loss of these logits in nats, at the best scale.
    """

    recipe: Recipe
    weights: np.ndarray
    bias: np.ndarray
    logits: np.ndarray
    loss: float


@dataclass(frozen=True, slots=True)
class Completed:
    """A hybrid with a trained encoder.

    Args:
        validated: model for validation, which is fitted on train only.
        final: model for the export, with n-grams and class directions (`imprinting`) of train and validation.
        mixture: weights of the encoder and, if there is one, the n-gram model, of shape (1,) or (2,).
        decision: thresholds that were chosen on validation.
        shares: weights of the linear classifiers in the n-gram model.
        valid_logits: logits (examples, classes) of `encoder`, `ngrams` and both `together` for the validation examples.
    """

    validated: ClassifierModule
    final: ClassifierModule
    mixture: np.ndarray
    decision: Decision
    shares: Mapping[Recipe, float] = field(default_factory=dict)
    valid_logits: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hybrid:
    """An encoder and, depending on the settings, an n-gram model that is fitted while the encoder is trained.

    Args:
        encoder: encoder with its tokenizer.
        valid: validation examples.
        class_weights: loss weight of each class, (classes,).
        decide: function from probabilities (examples, classes) and labels (examples,) to the thresholds.
        ngrams: result of `fit_ngrams`; None without an n-gram model.
    """

    encoder: Encoder
    valid: Examples
    class_weights: np.ndarray
    decide: Callable[[np.ndarray, np.ndarray], Decision]
    ngrams: NgramFit | None = None

    def validate(self, logits: np.ndarray) -> dict[str, float]:
        """Returns the validation metrics of the mixture, and `encoder_log_loss` if there is an n-gram model.

        Args:
            logits: logits of the encoder for the validation examples, of shape (examples, classes).
        """
        metrics = headline(self.valid.labels, softmax(self.mix(logits)[1], axis=1))
        if self.ngrams is None:
            return metrics
        return {**metrics, "encoder_log_loss": headline(self.valid.labels, softmax(logits, axis=1))["log_loss"]}

    def complete(self, logits: np.ndarray, train_labels: np.ndarray) -> Completed:
        """Returns the complete classifier, with the mixture and the thresholds fitted on validation.

        Args:
            logits: see `validate`.
            train_labels: integers (training texts,).
        """
        weights, mixed = self.mix(logits)
        decision = self.decide(softmax(mixed, axis=1), self.valid.labels)
        names, final_encoder = self.valid.label_names, with_validation(self.encoder, train_labels, self.valid)
        if self.ngrams is None:
            alone = ClassifierModule(self.encoder, names, None, weights, decision)
            return Completed(alone, ClassifierModule(final_encoder, names, None, weights, decision), weights, decision)
        with Stage("Fitting the n-gram model"):
            chosen, final = self.ngrams.chosen.result(), self.ngrams.final.result()
        parts = {"encoder": logits, "ngrams": chosen.valid_logits, "together": mixed}
        return Completed(
            ClassifierModule(self.encoder, names, chosen.model, weights, decision),
            ClassifierModule(final_encoder, names, final, weights, decision),
            weights,
            decision,
            chosen.shares,
            parts,
        )

    def mix(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the weights of the mixture and the mixed logits (examples, classes) of validation; see `mix`."""
        if self.ngrams is None:
            return mix(logits, None, self.valid.labels, self.class_weights)
        with Stage("Fitting the n-gram model"):
            chosen = self.ngrams.chosen.result()
        return mix(logits, chosen.valid_logits, self.valid.labels, self.class_weights)


def fit_ngrams(
    executor: Executor,
    stop: Event,
    tokenizer: Tokenizer,
    train: TrainingTexts,
    valid: Examples,
    class_weights: np.ndarray,
    seed: int,
) -> NgramFit:
    """Fits a weighted sum of linear classifiers, with strengths and weights that minimize log-loss on unseen texts.

    Args:
        executor: executor with a single thread.
        stop: event that cancels the fit before the next classifier; the futures raise CancelledError.
        tokenizer: tokenizer that splits texts into words.
        train: training texts.
        valid: validation examples.
        class_weights: loss weight of each class, (classes,).
        seed: seed of the solver.
    """
    counter = NgramCounter(tokenizer)

    def choose_on_train() -> ChosenNgrams:
        shares, chosen = choose(stop, counter, train, valid, class_weights, seed)
        return ChosenNgrams(shares, chosen, logits_of(chosen, tokenizer, valid.texts))

    def fit_on_both() -> NgramModel:
        shares, classes = chosen.result().shares, len(class_weights)
        if stop.is_set():
            raise CancelledError
        soft = train.targets.ndim == 2
        targets = [train.targets, as_probabilities(valid.labels, classes) if soft else valid.labels]
        both, targets = [*train.texts, *valid.texts], np.concatenate(targets)
        tfidf = compute_tfidf(counter, both, classes)
        return fit_ngram_model(tfidf, targets, sample_weights(targets, class_weights), classes, shares, seed)

    chosen = executor.submit(choose_on_train)
    return NgramFit(chosen, executor.submit(fit_on_both))


def choose(
    stop: Event, counter: NgramCounter, train: TrainingTexts, valid: Examples, class_weights: np.ndarray, seed: int
) -> tuple[dict[Recipe, float], NgramModel]:
    """Returns the weights of the classifiers, and their weighted sum fitted on train.

    The unseen texts are the validation split or, if it is small, the folds of a cross-validation on the labelled texts
    of train. Arguments and errors are the same as in `fit_ngrams`.
    """
    classes, weights_of_texts = len(class_weights), sample_weights(train.targets, class_weights)
    tfidf = compute_tfidf(counter, train.texts, classes)
    folds = len(valid) < ENOUGH_EXAMPLES
    unseen = train.labels if folds else valid.labels
    valid_values = None if folds else apply_tfidf(counter, valid.texts, tfidf)

    def attempt(recipe: Recipe) -> Attempt:
        if stop.is_set():
            raise CancelledError
        weights, bias = fit_weights(tfidf.values, train.targets, weights_of_texts, classes, recipe, seed)
        if valid_values is None:
            logits = out_of_fold_logits(tfidf.values, train.targets, class_weights, recipe, seed)[: len(unseen)]
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
    values: csr_matrix, targets: np.ndarray, class_weights: np.ndarray, recipe: Recipe, seed: int
) -> np.ndarray:
    """Returns logits (texts, classes) by cross-validation: each by a classifier that was not fitted on the text."""
    texts, weights_of_texts = len(targets), sample_weights(targets, class_weights)
    logits = np.zeros((texts, len(class_weights)), np.float32)
    fold_of = np.empty(texts, np.int64)
    fold_of[np.argsort(as_labels(targets), kind="stable")] = np.arange(texts) % FOLDS  # distributes each class evenly
    for fold in range(FOLDS):
        seen, left = fold_of != fold, fold_of == fold
        weights, bias = fit_weights(
            values[seen], targets[seen], weights_of_texts[seen], len(class_weights), recipe, seed
        )
        logits[left] = values[left] @ weights + bias
    return logits


def logits_of(model: NgramModel, tokenizer: Tokenizer, texts: Sequence[str]) -> np.ndarray:
    """Returns logits (texts, classes) of an n-gram model for many texts."""
    answer = tf.function(
        lambda batch: model(tokenizer.bare(tokenizer.words(batch))),
        autograph=False,
        input_signature=[tf.TensorSpec([None], tf.string)],
    )
    return np.concatenate([answer(batch).numpy() for batch in batches_of(texts)])


def mix(
    encoder_logits: np.ndarray,
    ngram_logits: np.ndarray | None,
    labels: np.ndarray,
    class_weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the weights of encoder and n-gram model that minimize the log-loss on validation.

    The weights also calibrate the probabilities: that of an encoder alone is the inverse of its temperature (Guo et al.
    2017, "On calibration of modern neural networks", section 4.2).

    Args:
        encoder_logits, ngram_logits: logits of the validation examples, of shape (examples, classes); None without an
            n-gram model.
        labels: labels of shape (examples,).
        class_weights: class weights of the loss, of shape (classes,); None means equal weights.

    Returns:
        The weights, (1,) or (2,), and the mixed logits (examples, classes).
    """
    parts = [log_softmax(encoder_logits, axis=1)]
    if ngram_logits is not None:
        parts.append(ngram_logits)
    sample_weights = None if class_weights is None else class_weights[labels]
    _, weights = least_log_loss(parts, labels, [MOST_SHARE] * len(parts), sample_weights)
    return weights, np.sum([weight * part for weight, part in zip(weights, parts, strict=True)], axis=0)


def least_log_loss(
    parts: Sequence[np.ndarray], labels: np.ndarray, most: Sequence[float], sample_weights: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """Returns the minimum log-loss of a weighted sum of logits in nats, and its weights from LEAST_SHARE to `most`."""
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
