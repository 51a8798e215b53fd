"""The probabilities of a model before its calibration, next to those after it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from classifier.model.batching import classify_texts
from classifier.model.classifier_module import PlainClassifier
from classifier.settings import BRANCHES


def before_and_after(classifier: PlainClassifier, texts: Sequence[str]) -> tuple[np.ndarray | None, np.ndarray]:
    """Returns the probabilities before and after calibration, (texts, classes) each, in float32.

    Before calibration, each part of the model has the weight 1: the scores of the encoder (for one label per text, its
    log-probabilities) are added to the logits of the n-gram model, if there is one. Without n-grams, these are the
    probabilities of the encoder. Calibration fits the weights on validation; see `classifier.model.mixing`. A class of
    none of these has no logit before, so that there is None for such a model.
    """
    if classifier.none_of_these:
        return None, classifier.probabilities(texts)
    task, classes = classifier.task, classifier.classes

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string)])
    def compute(batch):
        logits, ngrams = classifier.parts(classifier.tokenizer.words(batch))
        scores = task.scores(logits)
        before = task.probabilities(scores if ngrams is None else scores + ngrams)
        return tf.concat([before, classifier.answer_of(logits, ngrams)["probabilities"]], axis=1)

    with ThreadPoolExecutor(BRANCHES) as threads:
        both = classify_texts(compute, texts, 2 * classes, threads)
    return both[:, :classes], both[:, classes:]
