"""Probabilities of labelled texts by models that were not trained on them."""

import numpy as np
from numpy.typing import NDArray

from classifier.data import Examples
from classifier.model.hybrid import MOST_METHOD_SHARE, out_of_fold_logits
from classifier.model.mixing import least_log_loss
from classifier.model.ngram_fit import Method, NgramCounter, Recipe, compute_tfidf
from classifier.tasks import make_task
from classifier.tokenizers import WordTokenizer

RECIPE = Recipe(Method.svm, 0.3)


def out_of_fold_probabilities(examples: Examples, seed: int) -> NDArray[np.floating]:
    """Returns probabilities (texts, classes) by cross-validation of an n-gram model, calibrated on the same texts.

    Args:
        examples: texts with one label each.
        seed: seed of the solver.
    """
    task, classes = make_task(several=False), len(examples.label_names)
    tfidf = compute_tfidf(NgramCounter(WordTokenizer()), examples.texts, classes)
    logits = out_of_fold_logits(task, tfidf.values, examples.labels, np.ones(classes), RECIPE, seed)
    _, weights = least_log_loss(task, [logits], examples.labels, [MOST_METHOD_SHARE])
    return task.numpy_probabilities(weights.mix([logits]))
