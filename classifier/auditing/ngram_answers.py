"""Answers of n-gram models that were trained on some of the texts, to the others."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from classifier.data import Examples
from classifier.model.hybrid import MOST_METHOD_SHARE, out_of_fold_logits
from classifier.model.mixing import least_log_loss
from classifier.model.ngram_fit import Method, NgramCounter, Recipe, compute_tfidf, fit_weights
from classifier.tasks import make_task
from classifier.tokenizers import WordTokenizer

RECIPE = Recipe(Method.svm, 0.3)


class NgramAnswers:
    """Fits n-gram models on parts of the texts; the features of all texts are computed once.

    Args:
        examples: texts with one label each.
        seed: seed of the solver.
    """

    def __init__(self, examples: Examples, seed: int) -> None:
        self.labels, self.classes, self.seed = examples.labels, len(examples.label_names), seed
        self.task = make_task(several=False)
        self.values: csr_matrix = compute_tfidf(NgramCounter(WordTokenizer()), examples.texts, self.classes).values

    def out_of_fold(self) -> NDArray[np.floating]:
        """Returns probabilities (texts, classes) by cross-validation, calibrated on the same texts."""
        ones = np.ones(self.classes)
        logits = out_of_fold_logits(self.task, self.values, self.labels, ones, RECIPE, self.seed)
        _, weights = least_log_loss(self.task, [logits], self.labels, [MOST_METHOD_SHARE])
        return self.task.numpy_probabilities(weights.mix([logits]))

    def accuracy(self, train: NDArray[np.integer], test: NDArray[np.integer]) -> float:
        """Returns the accuracy on some texts of a model that was trained on others, both by index."""
        labels, ones = self.labels[train], np.ones(len(train))
        weights, bias = fit_weights(self.task, self.values[train], labels, ones, self.classes, RECIPE, self.seed)
        return float(((self.values[test] @ weights + bias).argmax(axis=1) == self.labels[test]).mean())
