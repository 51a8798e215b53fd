"""The linear part computes in the graph what scikit-learn fitted, and never makes the whole worse than its parts."""

import keras
import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from classifier.layers import NgramLinear
from classifier.training.batches import EncodedTexts
from classifier.training.fit import Predictor
from classifier.training.linear import INVERSE_REGULARIZATION, feature_counts, fit_linear, join

VOCABULARY = 29


def texts_of(rows: list[list[int]]) -> EncodedTexts:
    flat = np.array([token for row in rows for token in row], np.int32)
    return EncodedTexts(flat, np.concatenate([[0], np.cumsum([len(row) for row in rows])]))


def examples(count: int, classes: int, seed: int):
    """Texts in which the class shows in some words."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, count)
    rows = []
    for label in labels:
        row = random.integers(2, VOCABULARY, random.integers(1, 8))
        rows.append(np.where(random.random(len(row)) < 0.3, 2 + label, row).tolist())
    return texts_of(rows), labels.astype(np.int32)


def as_model(layer: NgramLinear) -> keras.Model:
    ids = keras.Input((None,), dtype="int32")
    return keras.Model(ids, layer(ids))


@pytest.mark.parametrize("classes", [2, 5])
def test_the_layer_gives_the_decision_values_of_scikit_learn(classes):
    texts, labels = examples(211, classes, 1)
    layer = fit_linear(texts, labels, VOCABULARY, classes, np.ones(len(labels)))
    counts = feature_counts(layer, texts).toarray()
    idf = np.where(counts.any(0), np.log((1 + len(labels)) / (1 + (counts > 0).sum(0))) + 1, 0)
    tfidf = counts * idf / np.sqrt((counts * idf**2).sum(1, keepdims=True))
    regression = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=300, tol=1e-3).fit(tfidf, labels)
    ours = log_softmax(Predictor(as_model(layer))(texts), axis=1)
    np.testing.assert_allclose(ours, regression.predict_log_proba(tfidf), atol=2e-2)


def test_padding_never_matters_and_an_unknown_word_says_nothing():
    texts, labels = examples(101, 3, 2)
    model = as_model(fit_linear(texts, labels, VOCABULARY, 3, np.ones(len(labels))))
    row = np.array([[5, 7, 3]], np.int32)
    padded = np.array([[5, 7, 3, 0, 0]], np.int32)
    np.testing.assert_allclose(model(row), model(padded), atol=1e-6)
    bias = model.layers[-1].bias.numpy()
    np.testing.assert_allclose(model(np.array([[1]], np.int32)), [bias], atol=1e-6)
    np.testing.assert_allclose(model(np.array([[0]], np.int32)), [bias], atol=1e-6)


def test_the_order_of_words_counts_through_pairs():
    rows = [[5, 7], [7, 5]] * 30
    texts, labels = texts_of(rows), np.array([0, 1] * 30, np.int32)
    logits = Predictor(as_model(fit_linear(texts, labels, VOCABULARY, 2, np.ones(60))))(texts)
    assert (logits.argmax(1) == labels).all()


def test_the_mixture_is_at_least_as_good_on_validation_as_either_part():
    texts, labels = examples(301, 3, 4)
    valid, valid_labels = examples(101, 3, 5)
    keras.utils.set_random_seed(3)
    ids = keras.Input((None,), dtype="int32")
    pooled = keras.ops.mean(keras.layers.Embedding(VOCABULARY, 7)(ids), axis=1)
    encoder = keras.Model(ids, keras.layers.Dense(3)(pooled))
    linear = fit_linear(texts, labels, VOCABULARY, 3, np.ones(301))

    def log_loss(model) -> float:
        return -log_softmax(Predictor(model)(valid), axis=1)[np.arange(101), valid_labels].mean()

    joined = log_loss(join(encoder, linear, valid, valid_labels))
    assert joined <= min(log_loss(encoder), log_loss(as_model(linear))) + 1e-6
