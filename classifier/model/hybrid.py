"""The hybrid: an encoder and an n-gram model, which are fitted at the same time and mixed on validation."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from threading import Event

import numpy as np
import tensorflow as tf
from scipy.sparse import csr_matrix

from classifier.data import Examples
from classifier.encoders.encoder import Encoder
from classifier.evaluation.metrics import headline
from classifier.model.classifier_module import ClassifierModule
from classifier.model.imprinting import with_validation
from classifier.model.mixing import Weights, least_log_loss, mix
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
from classifier.model.none_fit import fit_none
from classifier.model.none_logit import numpy_with_none
from classifier.progress import Stage
from classifier.tasks import NO_DECISION, Decision, NoneOfThese, Task
from classifier.tokenizers import Tokenizer, batches_of
from classifier.training.batches import encode
from classifier.training.predictor import Predictor
from classifier.training.targets import TrainingTexts, as_labels, as_probabilities, sample_weights

STRENGTHS = {Method.svm: (0.3, 1.0), Method.nb_svm: (0.3, 1.0), Method.regression: (10.0,)}  # candidates
STRENGTHS_BY_CLASS = {Method.nb_svm: (0.1,), Method.regression: (3.0,)}  # if a text can have several labels
ENOUGH_EXAMPLES = 1000  # of validation, to select the settings; with fewer examples, folds of train are used
FOLDS = 5
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
        mixture: weights of the encoder and, if there is one, the n-gram model.
        decision: thresholds that were chosen on validation.
        shares: weights of the linear classifiers in the n-gram model.
        valid_right: whether `encoder`, `ngrams` and both `together` answer the validation examples right, (examples,).
    """

    validated: ClassifierModule
    final: ClassifierModule
    mixture: Weights
    decision: Decision
    shares: Mapping[Recipe, float] = field(default_factory=dict)
    valid_right: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hybrid:
    """An encoder and, depending on the settings, an n-gram model that is fitted while the encoder is trained.

    Args:
        task: what an answer is.
        encoder: encoder with its tokenizer.
        valid: validation examples.
        class_weights: loss weight of each class, (classes,).
        decide: function from probabilities (examples, classes) and labels to the thresholds.
        ngrams: result of `fit_ngrams`; None without an n-gram model.
        none_of_these: label of texts that belong to none of the classes; None without this class.
        outside: validation texts with this label; they are also in `valid` if the class is one that is learned.
    """

    task: Task
    encoder: Encoder
    valid: Examples
    class_weights: np.ndarray
    decide: Callable[[np.ndarray, np.ndarray], Decision]
    ngrams: NgramFit | None = None
    none_of_these: str | None = None
    outside: Sequence[str] = ()

    def validate(self, logits: np.ndarray) -> dict[str, float]:
        """Returns the validation metrics of the mixture, and `encoder_log_loss` if there is an n-gram model.

        Args:
            logits: logits of the encoder for the validation examples, of shape (examples, classes).
        """
        metrics = self.measure(self.mix(logits)[1])
        return metrics if self.ngrams is None else {**metrics, "encoder_log_loss": self.measure(logits)["log_loss"]}

    def measure(self, logits: np.ndarray) -> dict[str, float]:
        """Returns the metrics of logits for the validation examples, of shape (examples, classes)."""
        return headline(self.valid.labels, self.task.numpy_probabilities(logits))

    def complete(self, logits: np.ndarray, targets: np.ndarray) -> Completed:
        """Returns the complete classifier, with the mixture and the thresholds fitted on validation.

        Args:
            logits: see `validate`.
            targets: targets of the training texts; see `classifier.training.targets`.
        """
        weights, mixed = self.mix(logits)
        none, probabilities, labels = None, self.task.numpy_probabilities(mixed), self.valid.labels
        names = self.valid.label_names
        if self.none_of_these is not None:
            none, probabilities, labels = self.with_none(weights, logits)
            names = (*(name for name in names if name != none.label), none.label)
        decision = self.decide(probabilities, labels)
        final_encoder = with_validation(self.encoder, targets, self.valid)

        def whole(encoder: Encoder, ngrams: NgramModel | None = None) -> ClassifierModule:
            return ClassifierModule(encoder, names, ngrams, weights, decision, self.task, none)

        if self.ngrams is None:
            return Completed(whole(self.encoder), whole(final_encoder), weights, decision)
        with Stage("Fitting the n-gram model"):
            chosen, final = self.ngrams.chosen.result(), self.ngrams.final.result()
        right = {
            "encoder": self.right(logits),
            "ngrams": self.right(chosen.valid_logits),
            "together": decision.right(self.task.numpy_probabilities(mixed), self.valid.labels),
        }
        return Completed(
            whole(self.encoder, chosen.model),
            whole(final_encoder, final),
            weights,
            decision,
            chosen.shares,
            right,
        )

    def with_none(self, weights: Weights, logits: np.ndarray) -> tuple[NoneOfThese, np.ndarray, np.ndarray]:
        """Fits the class of none of these on validation.

        Args:
            weights: weights of the mixture.
            logits: see `validate`.

        Returns:
            The fitted class, and probabilities (examples, classes) and labels (examples,) of the validation texts.
        """
        assert self.none_of_these is not None
        parts = [logits] if self.ngrams is None else [logits, self.ngrams.chosen.result().valid_logits]
        mixed, labels = weights.mix(parts), self.valid.labels
        learned = self.none_of_these in self.valid.label_names
        last = mixed.shape[1] - learned
        if self.outside and not learned:
            mixed = np.concatenate([mixed, weights.mix(self.logits_of_parts(self.outside))])
            labels = np.concatenate([labels, np.full(len(self.outside), last, labels.dtype)])
        inside = labels < last
        none = fit_none(self.none_of_these, mixed[inside], mixed[~inside], labels[inside], learned=learned)
        return none, self.task.numpy_probabilities(numpy_with_none(mixed, none)), labels

    def logits_of_parts(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Returns the logits (texts, classes) of the encoder and, if there is one, the n-gram model for validation."""
        tokenizer = self.encoder.tokenizer
        parts = [Predictor(self.encoder.model)(encode(tokenizer, texts)[0])]
        if self.ngrams is not None:
            parts.append(logits_of(self.ngrams.chosen.result().model, tokenizer, texts))
        return parts

    def right(self, logits: np.ndarray) -> np.ndarray:
        """Returns whether a part alone answers the validation examples right, (examples,).

        If a text can have several labels, the part is calibrated and has thresholds of its own.
        """
        if not self.task.several:
            return NO_DECISION.right(logits, self.valid.labels)
        _, weights = least_log_loss(self.task, [logits], self.valid.labels, [MOST_METHOD_SHARE])
        probabilities = self.task.numpy_probabilities(weights.mix([logits]))
        return self.decide(probabilities, self.valid.labels).right(probabilities, self.valid.labels)

    def mix(self, logits: np.ndarray) -> tuple[Weights, np.ndarray]:
        """Returns the weights of the mixture and the mixed logits (examples, classes) of validation; see `mix`."""
        if self.ngrams is None:
            return mix(self.task, logits, None, self.valid.labels, self.class_weights)
        with Stage("Fitting the n-gram model"):
            chosen = self.ngrams.chosen.result()
        return mix(self.task, logits, chosen.valid_logits, self.valid.labels, self.class_weights)


def fit_ngrams(
    task: Task,
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
        task: what an answer is.
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
        shares, chosen = choose(task, stop, counter, train, valid, class_weights, seed)
        return ChosenNgrams(shares, chosen, logits_of(chosen, tokenizer, valid.texts))

    def fit_on_both() -> NgramModel:
        shares, classes = chosen.result().shares, len(class_weights)
        if stop.is_set():
            raise CancelledError
        soft = train.targets.ndim == 2
        targets = [train.targets, as_probabilities(valid.labels, classes) if soft else valid.labels]
        both, targets = [*train.texts, *valid.texts], np.concatenate(targets)
        tfidf = compute_tfidf(counter, both, classes)
        weights = sample_weights(task, targets, class_weights)
        return fit_ngram_model(task, tfidf, targets, weights, classes, shares, seed)

    chosen = executor.submit(choose_on_train)
    return NgramFit(chosen, executor.submit(fit_on_both))


def choose(
    task: Task,
    stop: Event,
    counter: NgramCounter,
    train: TrainingTexts,
    valid: Examples,
    class_weights: np.ndarray,
    seed: int,
) -> tuple[dict[Recipe, float], NgramModel]:
    """Returns the weights of the classifiers, and their weighted sum fitted on train.

    The unseen texts are the validation split or, if it is small, the folds of a cross-validation on the labelled texts
    of train. Arguments and errors are the same as in `fit_ngrams`.
    """
    classes, weights_of_texts = len(class_weights), sample_weights(task, train.targets, class_weights)
    tfidf = compute_tfidf(counter, train.texts, classes)
    folds = len(valid) < ENOUGH_EXAMPLES
    unseen = train.labels if folds else valid.labels
    valid_values = None if folds else apply_tfidf(counter, valid.texts, tfidf)

    def attempt(recipe: Recipe) -> Attempt:
        if stop.is_set():
            raise CancelledError
        weights, bias = fit_weights(task, tfidf.values, train.targets, weights_of_texts, classes, recipe, seed)
        if valid_values is None:
            logits = out_of_fold_logits(task, tfidf.values, train.targets, class_weights, recipe, seed)[: len(unseen)]
        else:
            logits = valid_values @ weights + bias
        loss, _ = least_log_loss(task, [logits], unseen, [MOST_METHOD_SHARE], class_weights)
        return Attempt(recipe, weights, bias, logits, loss)

    best = [
        min((attempt(Recipe(method, strength)) for strength in strengths), key=lambda one: one.loss)
        for method, strengths in (STRENGTHS_BY_CLASS if task.several else STRENGTHS).items()
    ]
    limits = [MOST_METHOD_SHARE] * len(best)
    _, weights = least_log_loss(task, [one.logits for one in best], unseen, limits, class_weights)
    by_recipe = {one.recipe: float(share.mean()) for one, share in zip(best, weights.parts, strict=True)}
    chosen = sum_ngram_models(tfidf, classes, [(by_recipe[one.recipe], one.weights, one.bias) for one in best])
    return by_recipe, chosen


def out_of_fold_logits(
    task: Task, values: csr_matrix, targets: np.ndarray, class_weights: np.ndarray, recipe: Recipe, seed: int
) -> np.ndarray:
    """Returns logits (texts, classes) by cross-validation: each by a classifier that was not fitted on the text."""
    texts, weights_of_texts = len(targets), sample_weights(task, targets, class_weights)
    logits = np.zeros((texts, len(class_weights)), np.float32)
    fold_of = np.empty(texts, np.int64)
    fold_of[np.argsort(as_labels(targets), kind="stable")] = np.arange(texts) % FOLDS  # distributes each class evenly
    for fold in range(FOLDS):
        seen, left = fold_of != fold, fold_of == fold
        weights, bias = fit_weights(
            task, values[seen], targets[seen], weights_of_texts[seen], len(class_weights), recipe, seed
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
