"""The class of none of these: its probability, its fit with and without such texts, and every exported form."""

from typing import Any, cast

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, logsumexp, softmax
from small_model import LABELS, TEXTS

from classifier.artifact.formats.write import TOLERANCE, write_formats
from classifier.artifact.saved_model import SavedClassifier
from classifier.data import Examples
from classifier.errors import UserError
from classifier.explanation.text_explanation import explain_text
from classifier.model.classifier_module import ClassifierModule
from classifier.model.hybrid import Hybrid
from classifier.model.mixing import Weights
from classifier.model.none_fit import fit_none, scores_without_own_class
from classifier.model.none_logit import NoneLogit, numpy_with_none
from classifier.tasks import Decision, NoneOfThese, make_task
from classifier.tasks.none_of_these import NONE_OF_THESE

CLASSES = 7


def drawn(texts: int, strength: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Returns logits (texts, CLASSES) that know the label by this much, and the labels."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, CLASSES, texts)
    return random.normal(size=(texts, CLASSES)) + strength * np.eye(CLASSES)[labels], labels


@pytest.mark.parametrize("fitted", [NoneOfThese("x", (1.3,), 0.7), NoneOfThese("x", (0.8, 1.7), -0.4, learned=True)])
def test_the_other_probabilities_share_what_is_left(fitted):
    logits = drawn(11, 2.0)[0].astype(np.float32)
    found = softmax(numpy_with_none(logits, fitted), axis=1)
    others = logits[:, :-1] if fitted.learned else logits
    score = fitted.bias - fitted.weights[0] * logsumexp(others, axis=1)
    if fitted.learned:
        score += fitted.weights[1] * logits[:, -1]
    np.testing.assert_allclose(found[:, -1], expit(score), rtol=1e-5)
    np.testing.assert_allclose(found[:, :-1], (1 - expit(score))[:, None] * softmax(others, axis=1), rtol=1e-5)
    graph = NoneLogit(fitted)(tf.constant(logits)).numpy()  # pyright: ignore[reportAttributeAccessIssue]
    np.testing.assert_allclose(graph, numpy_with_none(logits, fitted), rtol=1e-5, atol=1e-5)


def test_texts_of_none_of_the_classes_are_told_apart():
    inside, labels = drawn(2000, 8.0)
    outside = drawn(100, 0.0, seed=1)[0]
    fitted = fit_none("x", inside, outside, labels, learned=False)
    new, of_new = drawn(2000, 8.0, seed=2)
    answers = numpy_with_none(new, fitted).argmax(axis=1)
    assert (answers == of_new).mean() > 0.95
    assert (numpy_with_none(drawn(500, 0.0, seed=3)[0], fitted).argmax(axis=1) == CLASSES).mean() > 0.9
    assert (fitted.examples, fitted.outside) == (2000, 100)


def test_without_such_texts_classes_are_left_out():
    inside, labels = drawn(2000, 8.0)
    fitted = fit_none("x", inside, inside[:0], labels, learned=False)
    assert (numpy_with_none(inside, fitted).argmax(axis=1) == labels).mean() > 0.9
    assert (numpy_with_none(drawn(500, 0.0, seed=3)[0], fitted).argmax(axis=1) == CLASSES).mean() > 0.8
    assert (fitted.examples, fitted.outside) == (2000, 0)


def test_a_text_without_its_own_class_has_the_others_and_at_least_the_mean_logits():
    logits, labels = np.array([[9.0, 0.0, 7.0], [-9.0, 9.0, -9.0]]), np.array([0, 1])
    means = logsumexp([0.0, 4.5, -1.0])
    np.testing.assert_allclose(
        scores_without_own_class(logits, labels)[:, 0], [-logsumexp([0.0, 7.0]), -means], rtol=1e-6
    )


def test_two_classes_that_speak_against_each_other_are_left_out_too():
    labels = np.arange(400) % 2
    logits = np.random.default_rng(0).normal(size=(400, 2)) + 8 * (2 * np.eye(2)[labels] - 1)
    fitted = fit_none("x", logits, logits[:0], labels, learned=False)
    assert (numpy_with_none(np.zeros((1, 2)), fitted).argmax(axis=1) == 2).all()
    assert (numpy_with_none(logits, fitted).argmax(axis=1) == labels).mean() > 0.95


def test_a_few_texts_without_mistakes_leave_the_weights_finite():
    inside, labels = drawn(5, 50.0)
    fitted = fit_none("x", inside, inside[:1] - 90, labels, learned=False)
    assert np.isfinite([*fitted.weights, fitted.bias]).all()
    assert (numpy_with_none(inside, fitted).argmax(axis=1) == labels).all()


def test_a_learned_class_without_validation_texts_keeps_its_logit():
    logits, labels = drawn(50, 3.0)
    fitted = fit_none("x", logits, logits[:0], np.minimum(labels, CLASSES - 2), learned=True)
    np.testing.assert_allclose(numpy_with_none(logits, fitted), logits)
    assert "no validation text with it" in fitted.sentence()


@pytest.mark.parametrize("name", ["none", "birds"])
def test_the_hybrid_fits_it_on_the_validation_texts_of_a_learned_class(name):
    """The class is the last one, wherever its name sorts."""
    logits, labels = drawn(600, 4.0)
    names = (*"abcdef", name)
    valid = Examples([""] * 600, labels, names, [""] * 600)
    hybrid = Hybrid(make_task(False), cast(Any, None), valid, np.ones(CLASSES), cast(Any, None), None, name, [""])
    fitted, probabilities, of_texts = hybrid.with_none(Weights(np.array([0.5])), logits)
    assert fitted.learned and fitted.label == name
    assert fitted.outside == (labels == CLASSES - 1).sum() and fitted.examples == 600 - fitted.outside
    assert of_texts is labels
    assert (probabilities.argmax(axis=1) == labels).mean() > 0.9


@pytest.fixture(scope="module")
def module(untrained):
    """The small model with its last class as one that it did not learn."""
    encoder = untrained.explainer.watched
    fitted = NoneOfThese("none of these", (0.9,), 3.0, examples=20)
    return ClassifierModule(
        encoder, (*LABELS, fitted.label), untrained.ngrams, untrained.mixture.fitted, Decision(0.3), None, fitted
    )


@pytest.fixture(scope="module")
def folder(module, tmp_path_factory):
    from unchecked import unchecked_exports

    from classifier.artifact.export import export_model

    with unchecked_exports():
        return export_model(module, TEXTS, tmp_path_factory.mktemp("none") / "model")


def test_the_saved_model_remembers(module, folder):
    saved = SavedClassifier(folder)
    assert saved.none_of_these == module.none_of_these
    assert saved.label_names == (*LABELS, "none of these")
    np.testing.assert_allclose(saved.probabilities(TEXTS), module.probabilities(TEXTS), atol=1e-6)
    labels = saved.serve(text=tf.constant(["qqqq", "", *TEXTS]))["label"].numpy()
    assert b"none of these" in labels


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / NONE_OF_THESE).parent.mkdir()
    (tmp_path / NONE_OF_THESE).write_text("{}")
    with pytest.raises(UserError, match="is damaged"):
        NoneOfThese.read(tmp_path)


def test_its_explanation_compares_the_other_classes(folder):
    explanation = explain_text(SavedClassifier(folder), TEXTS[0]).explanation
    assert explanation.contrast[-1] == 0
    assert explanation.contrast.sum() == pytest.approx(0)
    assert explanation.incompleteness < 0.01
    assert set(explanation.scores) >= {"integrated_gradients", "occlusion", "ngrams"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")
def test_all_formats_agree(module, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("classifier.artifact.formats.measure.MOST_ROUNDS", 1)
    exports = [("savedmodel", "float16"), ("onnx", "float32"), ("litert", "float32")]
    labels = np.full(len(TEXTS), len(LABELS))
    rows, problems = write_formats(module, module, folder, exports, TEXTS, labels, tmp_path / "formats")
    assert problems == []
    assert [row.largest_difference <= (TOLERANCE if row.weights == "float32" else 0.02) for row in rows] == [True] * 4
    half = SavedClassifier(tmp_path / "formats" / "savedmodel" / "float16")
    assert half.none_of_these == module.none_of_these
