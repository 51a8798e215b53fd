"""The last layer starts as the logistic regression that scikit-learn fits on the same vectors, or as class means."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from classifier.encoders.cosine_logits import CosineLogits
from classifier.tasks import make_task
from classifier.training import last_layer
from classifier.training.batches import EncodedTexts
from classifier.training.last_layer import INVERSE_REGULARIZATION, fit_last_layer
from classifier.training.predictor import Predictor

TASK, VOCABULARY, WIDTH = make_task(several=False), 29, 7


def model_of(classes: int, logits: type[keras.layers.Layer] = keras.layers.Dense) -> keras.Model:
    keras.utils.set_random_seed(3)
    ids = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(VOCABULARY, WIDTH, embeddings_initializer="uniform")(ids)
    pooled = keras.layers.GlobalMaxPooling1D(name="pooling")(states)
    return keras.Model(ids, logits(classes, name="logits")(pooled))


def pooled_of(model: keras.Model) -> keras.Model:
    return keras.Model(model.input, model.get_layer("pooling").output)


def texts_of(count: int) -> EncodedTexts:
    random = np.random.default_rng(5)
    lengths = random.integers(1, 6, count)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return EncodedTexts(random.integers(1, VOCABULARY, starts[-1]).astype(np.int32), starts)


@pytest.mark.parametrize("present", [[0, 1, 2], [0, 1], [0, 2], [1, 2, 3]])
def test_it_answers_as_the_regression(present):
    texts, classes = texts_of(101), 4 if 3 in present else 3
    labels = np.array(present)[texts.tokens[texts.starts[:-1]] % len(present)].astype(np.int32)
    model, weights = model_of(classes), np.linspace(1, 2, classes).astype(np.float32)
    pooled = pooled_of(model)
    vectors = Predictor(pooled)(texts)
    regression = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=200).fit(vectors, labels, weights[labels])
    fit_last_layer(TASK, pooled_of(model), model, texts, labels, weights, seed=0)
    logits = Predictor(model)(texts)[:, present]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, regression.predict_proba(vectors), atol=1e-5)


def test_one_class_leaves_the_layer_as_it_is():
    model, texts = model_of(2), texts_of(11)
    before = model.get_layer("logits").kernel.numpy()
    fit_last_layer(TASK, pooled_of(model), model, texts, np.zeros(11, np.int32), np.ones(2, np.float32), seed=0)
    np.testing.assert_array_equal(model.get_layer("logits").kernel.numpy(), before)


def test_cosines_start_from_the_mean_direction_of_each_class():
    texts, model = texts_of(31), model_of(3, CosineLogits)
    labels = np.arange(31) % 2 * 2  # class 1 has no texts
    before = model.get_layer("logits").kernel.numpy()
    vectors = Predictor(pooled_of(model))(texts)
    fit_last_layer(TASK, pooled_of(model), model, texts, labels, np.ones(3, np.float32), seed=0)
    kernel = model.get_layer("logits").kernel.numpy()
    np.testing.assert_array_equal(kernel[:, 1], before[:, 1])
    for label in (0, 2):
        mean = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True))[labels == label].mean(axis=0)
        np.testing.assert_allclose(kernel[:, label], mean / np.linalg.norm(mean), rtol=1e-5)


def test_of_many_texts_a_sample_is_used(monkeypatch):
    seen = []
    monkeypatch.setattr(last_layer, "MOST_TEXTS", 13)
    monkeypatch.setattr(last_layer, "Predictor", lambda model: lambda texts: seen.append(texts) or vectors(texts))

    def vectors(texts: EncodedTexts) -> np.ndarray:
        return np.random.default_rng(1).standard_normal((len(texts), WIDTH)).astype(np.float32)

    texts = texts_of(53)
    model = model_of(2)
    fit_last_layer(
        TASK, pooled_of(model), model, texts, (np.arange(53) % 2).astype(np.int32), np.ones(2, np.float32), seed=0
    )
    assert len(seen[0]) == 13
    rows = [texts.tokens[texts.starts[i] : texts.starts[i + 1]].tolist() for i in range(53)]
    drawn = [seen[0].tokens[seen[0].starts[i] : seen[0].starts[i + 1]].tolist() for i in range(13)]
    assert all(row in rows for row in drawn)
