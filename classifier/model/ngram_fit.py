"""Fits the n-gram model: n-grams are counted by the same graph as in the export, weights fitted by scikit-learn."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from classifier.model.ngram_features import KEYS, KINDS
from classifier.model.ngram_model import NgramModel
from classifier.settings import BRANCHES
from classifier.tasks import Task
from classifier.tokenizers import Tokenizer, batches_of
from classifier.training.targets import as_labels

FEWEST_TEXTS = 2  # minimum number of texts in which an n-gram must occur
MOST_FEATURES = 2**21
MOST_WEIGHTS = 2**26  # features x classes, 256 MB
MOST_ITERATIONS = 40  # of a regression, after which its results on unseen texts hardly change


@dataclass(frozen=True, slots=True)
class TfIdf:
    """TF-IDF features.

    Args:
        values: sparse float64 matrix (texts, features), with the same values as in `NgramModel`.
        keys: hashed key of each column, in ascending order.
        idf: inverse document frequency of each column.
    """

    values: csr_matrix
    keys: np.ndarray
    idf: np.ndarray


class Method(StrEnum):
    """Kind of linear classifier.

    svm: one class against the rest (Fan et al. 2008, LIBLINEAR: the dual problem, or the primal for many texts).
    nb_svm: the same, with features scaled by the log-ratio of their likelihoods inside and outside the class (Wang and
        Manning 2012, equations 2 and 3, here on TF-IDF).
    regression: multinomial logistic regression.
    """

    svm = "SVM"
    nb_svm = "NB-SVM"
    regression = "logistic regression"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a linear classifier.

    Args:
        method: kind of classifier.
        inverse_regularization: scikit-learn's C; larger values mean weaker regularization.
    """

    method: Method
    inverse_regularization: float

    def __str__(self) -> str:
        return f"{self.method} (C={self.inverse_regularization:g})"


def fit_ngram_model(
    task: Task,
    tfidf: TfIdf,
    targets: np.ndarray,
    sample_weights: np.ndarray,
    classes: int,
    shares: Mapping[Recipe, float],
    seed: int,
) -> NgramModel:
    """Fits a weighted sum of linear classifiers, which is a linear classifier itself.

    Args:
        task: what an answer is.
        tfidf: features of the training texts.
        targets: labels or probabilities; see `classifier.training.targets`.
        sample_weights: loss weights of shape (texts,).
        classes: number of classes.
        shares: weights of the classifiers in the sum.
        seed: seed of the order in which the solver processes the texts.
    """
    fits = (
        (share, *fit_weights(task, tfidf.values, targets, sample_weights, classes, recipe, seed))
        for recipe, share in shares.items()
    )
    return sum_ngram_models(tfidf, classes, fits)


def sum_ngram_models(tfidf: TfIdf, classes: int, fits: Iterable[tuple[float, np.ndarray, np.ndarray]]) -> NgramModel:
    """Sums linear classifiers, each given by its weight in the sum, weights (features, classes) and bias (classes,)."""
    weights, bias = np.zeros((len(tfidf.keys), classes), np.float32), np.zeros(classes, np.float32)
    for share, its_weights, its_bias in fits:
        weights += np.float32(share) * its_weights
        bias += np.float32(share) * its_bias
    return NgramModel(tfidf.keys, tfidf.idf, weights, bias)


def fit_weights(
    task: Task,
    values: csr_matrix,
    targets: np.ndarray,
    sample_weights: np.ndarray,
    classes: int,
    recipe: Recipe,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Fits weights (features, classes) and bias (classes,); a class with no or all texts only has a bias.

    From probabilities, a regression learns all of them, the others only the most likely answer for each text.
    """
    if recipe.method is Method.regression and targets.ndim == 2:
        return fit_soft_regression(task, values, targets, sample_weights, recipe.inverse_regularization)
    if task.several:
        return fit_by_class(values, targets > 0.5, sample_weights, recipe, seed)
    labels = as_labels(targets)
    present = np.unique(labels)
    if recipe.method is Method.nb_svm or len(present) == 1:
        return fit_by_class(values, labels[:, None] == np.arange(classes), sample_weights, recipe, seed)
    weights, bias = np.zeros((values.shape[1], classes), np.float32), np.full(classes, -1.0, np.float32)
    fitted = fit_classifier(values, labels, sample_weights, recipe, seed)
    one_line = len(present) == 2  # for two classes, scikit-learn only has the weights of the second
    weights[:, present] = np.vstack([-fitted.coef_, fitted.coef_]).T if one_line else fitted.coef_.T
    bias[present] = np.append(-fitted.intercept_, fitted.intercept_) if one_line else fitted.intercept_
    return weights, bias


def fit_by_class(
    values: csr_matrix, truth: np.ndarray, sample_weights: np.ndarray, recipe: Recipe, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fits each class against the rest; `truth`, boolean (texts, classes), says which class each text has."""
    weights = np.zeros((values.shape[1], truth.shape[1]), np.float32)
    bias = np.where(truth.all(axis=0), np.float32(1), np.float32(-1))
    for column in np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0)):
        mine, scale, scaled = truth[:, column], None, values
        if recipe.method is Method.nb_svm:
            scale = np.abs(log_count_ratio(values, mine))
            scaled = csr_matrix((values.data * scale[values.indices], values.indices, values.indptr), values.shape)
        fitted = fit_classifier(scaled, mine, sample_weights, recipe, seed)
        weights[:, column] = fitted.coef_[0] if scale is None else fitted.coef_[0] * scale
        bias[column] = fitted.intercept_[0]
    return weights, bias


def fit_classifier(values: csr_matrix, labels: np.ndarray, sample_weights: np.ndarray, recipe: Recipe, seed: int):
    """Fits scikit-learn's logistic regression, or its linear SVM with the squared hinge loss."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    if recipe.method is Method.regression:
        values = values.astype(np.float32)  # half the memory traffic
        classifier = LogisticRegression(C=recipe.inverse_regularization, max_iter=MOST_ITERATIONS)
    else:
        classifier = LinearSVC(C=recipe.inverse_regularization, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the classifiers are evaluated on unseen texts anyway
        return classifier.fit(values, labels, sample_weights)


def fit_soft_regression(
    task: Task,
    values: csr_matrix,
    probabilities: np.ndarray,
    sample_weights: np.ndarray,
    inverse_regularization: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Fits a logistic regression to probabilities; returns weights (features, classes) and bias (classes,).

    It minimizes C sum_i w_i L(p_i, x_i W + b) + |W|^2 / 2 as scikit-learn does for labels, where L is the loss of the
    task (cross-entropy of a softmax, or of one sigmoid per class), C the inverse regularization and w_i the loss weight
    of a text.
    """
    values, transposed = values.astype(np.float32), values.T.tocsr().astype(np.float32)
    shape, scale = (values.shape[1] + 1, probabilities.shape[1]), sample_weights[:, None] / sample_weights.sum()
    strength = 1 / (inverse_regularization * sample_weights.sum())  # of the penalty, for a mean loss

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = np.split(flat.reshape(shape), [-1])
        losses, errors = task.losses_and_errors(values @ weights.astype(np.float32) + bias, probabilities)
        errors = scale * errors
        gradient = np.concatenate([transposed @ errors.astype(np.float32) + strength * weights, errors.sum(0)[None]])
        value = (scale[:, 0] * losses).sum() + strength * (weights**2).sum() / 2
        return float(value), gradient.ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": MOST_ITERATIONS})
    weights, bias = np.split(found.x.reshape(shape).astype(np.float32), [-1])
    return weights, bias[0]


def log_count_ratio(values: csr_matrix, mine: np.ndarray) -> np.ndarray:
    """Log-ratio of the smoothed likelihoods of features inside and outside a class, of shape (features,)."""
    inside, outside = (np.bincount(values[rows].indices, minlength=values.shape[1]) + 1 for rows in (mine, ~mine))
    return np.log(inside / inside.sum()) - np.log(outside / outside.sum())


def compute_tfidf(counter: "NgramCounter", texts: Sequence[str], classes: int) -> TfIdf:
    """Computes the TF-IDF features of the training texts.

    Args:
        counter: counter of n-grams.
        texts: training texts.
        classes: number of classes, which limits the number of features.
    """
    found = counter(texts)
    features = frequent_keys([keys for _, keys, _ in found], min(MOST_FEATURES, MOST_WEIGHTS // classes))
    counts = [matrix(triple, features, len(texts)) for triple in found]
    texts_with = sum(np.bincount(kind.indices, minlength=len(features)) for kind in counts)
    idf = np.log((1 + len(texts)) / (1 + texts_with)) + 1
    return TfIdf(weighted(counts, idf), features, idf)


def apply_tfidf(counter: "NgramCounter", texts: Sequence[str], tfidf: TfIdf) -> csr_matrix:
    """Returns the features of other texts as a sparse matrix (texts, features)."""
    counts = [matrix(triple, tfidf.keys, len(texts)) for triple in counter(texts)]
    return weighted(counts, tfidf.idf)


def matrix(triple: tuple[np.ndarray, np.ndarray, np.ndarray], features: np.ndarray, texts: int) -> csr_matrix:
    """Returns the counts of features as a sparse matrix (texts, features), from a triple of `NgramCounter`."""
    rows, keys, counts = triple
    columns = np.minimum(np.searchsorted(features, keys), len(features) - 1)
    known = features[columns] == keys
    return csr_matrix((counts[known].astype(np.float64), (rows[known], columns[known])), (texts, len(features)))


def weighted(kinds: Sequence[csr_matrix], idf: np.ndarray) -> csr_matrix:
    """Computes TF-IDF with logarithmic counts; rows of each kind of n-gram have Euclidean norm 1."""
    from sklearn.preprocessing import normalize

    for counts in kinds:
        counts.data = (1 + np.log(counts.data)) * idf[counts.indices]
    return sum(normalize(counts, copy=False) for counts in kinds)  # pyright: ignore[reportReturnType]


class NgramCounter:
    """Counts the n-grams of texts in a graph that is traced once.

    Args:
        tokenizer: tokenizer that splits the texts into words.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    def __call__(self, texts: Sequence[str]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Returns text indices, hashed keys and counts of the distinct n-grams of each text, per kind of n-gram."""
        batches = list(batches_of(texts))
        starts = np.cumsum([0, *(len(batch) for batch in batches)])
        with ThreadPoolExecutor(BRANCHES) as threads:
            found = list(threads.map(self.count, batches))
        triples = []
        for kind in range(len(KINDS)):
            rows = [one[kind][0].numpy() + start for one, start in zip(found, starts, strict=False)]
            triples.append(
                (np.concatenate(rows), *(np.concatenate([one[kind][i].numpy() for one in found]) for i in (1, 2)))
            )
        return triples

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string)])
    def count(self, batch):
        """Returns the triples of `__call__` for texts (batch,), with text indices within the batch."""
        words = self.tokenizer.words(batch)
        different = []
        for kind in KINDS:
            rows, keys, *_ = kind(words)
            places, _, counts = tf.unique_with_counts(rows * KEYS + keys)
            different.append((places // KEYS, tf.cast(places % KEYS, tf.int32), counts))
        return different


def frequent_keys(keys: Sequence[np.ndarray], most: int) -> np.ndarray:
    """Returns the keys that occur in enough texts in ascending order; if there are too many, the most frequent keys.

    If no n-gram occurs twice, the result is the single key 0, which occurs in no text.
    """
    different, texts_with = np.unique(np.concatenate(keys), return_counts=True)
    enough = texts_with >= FEWEST_TEXTS
    different, texts_with = different[enough], texts_with[enough]
    if len(different) > most:
        different = np.sort(different[np.argsort(-texts_with, kind="stable")[:most]])
    return different if len(different) else np.zeros(1, np.int32)
