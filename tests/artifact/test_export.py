"""The exported model gives the results of the trained model in a process without this package."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax
from small_model import LABELS, TEXTS
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from classifier.artifact import export
from classifier.artifact.export import ExportError, export_model
from classifier.artifact.saved_model import SavedClassifier
from classifier.errors import UserError
from classifier.model.classifier_module import ClassifierModule


def test_signatures(classifier):
    serve = classifier.loaded.signatures["serving_default"]
    assert {name: spec.dtype for name, spec in serve.structured_input_signature[1].items()} == {"text": tf.string}
    kinds = {name: (spec.dtype, spec.shape.rank) for name, spec in serve.structured_outputs.items()}
    assert kinds == {
        "probabilities": (tf.float32, 2),
        "label": (tf.string, 1),
        "score": (tf.float32, 1),
        "accepted": (tf.bool, 1),
        "label_set": (tf.string, 2),
    }
    assert classifier.label_names == LABELS


def test_label_and_score_belong_to_the_highest_probability(classifier):
    result = classifier.serve(text=tf.constant(TEXTS))
    probabilities = result["probabilities"].numpy()
    assert len(set(probabilities.argmax(1))) > 1
    assert [label.decode() for label in result["label"].numpy()] == [LABELS[i] for i in probabilities.argmax(1)]
    np.testing.assert_array_equal(result["score"], probabilities.max(1))


def test_empty_batch(classifier):
    assert classifier.serve(text=tf.constant([], tf.string))["probabilities"].shape == (0, len(LABELS))
    assert classifier.probabilities([]).shape == (0, len(LABELS))


def test_nasty_texts(classifier):
    probabilities = classifier.serve(text=tf.constant(export.NASTY_TEXTS))["probabilities"].numpy()
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)


def test_the_texts_of_a_batch_do_not_matter_to_each_other(classifier):
    texts = [*TEXTS, "", "a", "word " * 50, "\ud800"]
    alone = np.concatenate([classifier.probabilities([text]) for text in texts])
    np.testing.assert_allclose(classifier.probabilities(texts), alone, atol=1e-5)


def test_the_exported_model_answers_as_the_one_in_this_process(classifier, untrained):
    texts = [*(text.encode() for text in TEXTS), *export.NASTY_TEXTS]
    for text in texts:  # one by one, so that padding has no effect
        expected = untrained.classify(tf.constant([text]))["probabilities"]
        np.testing.assert_allclose(classifier.serve(text=tf.constant([text]))["probabilities"], expected, atol=1e-5)
    many = [text.decode("utf-8", "surrogateescape") for text in texts]
    np.testing.assert_allclose(classifier.probabilities(many), untrained.probabilities(many), atol=1e-5)


def test_probabilities_are_those_of_encoder_and_linear_part_mixed(untrained):
    words = untrained.tokenizer.words(tf.constant(TEXTS))
    encoder = log_softmax(untrained.encoder(untrained.tokenizer.padded(words)).numpy(), axis=1)
    linear = untrained.ngrams(words).numpy()
    assert np.abs(linear).max() > 0.1
    expected = softmax(0.7 * encoder + 3 * linear, axis=1)
    np.testing.assert_allclose(untrained.probabilities(TEXTS), expected, atol=1e-5)


def test_plain_tensorflow_has_every_operation_of_the_graph(model_folder):
    graph = SavedModel.FromString((model_folder / "saved_model.pb").read_bytes()).meta_graphs[0].graph_def
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    functions = {function.signature.name for function in graph.library.function}
    assert {node.op for node in nodes} - functions - set(dir(tf.raw_ops)) <= {"Const"}


def test_an_encoder_alone_is_exported_too(untrained, tmp_path):
    alone = ClassifierModule(untrained.explainer.watched, LABELS)
    loaded = SavedClassifier(export_model(alone, TEXTS, tmp_path / "model"))
    ids = untrained.tokenizer.padded(untrained.tokenizer.words(tf.constant(TEXTS)))
    np.testing.assert_allclose(loaded.probabilities(TEXTS), softmax(untrained.encoder(ids), axis=1), atol=1e-5)


@pytest.fixture
def clean_process(tmp_path, monkeypatch):
    """Replaces the program that loads the model in a separate process."""

    def put(program: str) -> None:
        (tmp_path / "check.py").write_text(f"import sys, shutil\n{program}\n")
        monkeypatch.setattr(export, "CHECK", tmp_path / "check.py")

    return put


def test_other_probabilities_are_an_error_and_the_old_model_stays(untrained, tmp_path, clean_process):
    (tmp_path / "models" / "model").mkdir(parents=True)
    (tmp_path / "models" / "model" / "old").touch()
    samples = [*(text.encode() for text in TEXTS), *export.NASTY_TEXTS]
    other = tf.zeros_like(untrained.answers(samples))
    (tmp_path / "other").write_bytes(tf.io.serialize_tensor(other).numpy())
    clean_process(f"shutil.copy({str(tmp_path / 'other')!r}, sys.argv[3])")
    with pytest.raises(ExportError, match=r"differs from the trained one by [0-9.]+ in a probability or a weight"):
        export_model(untrained, TEXTS, tmp_path / "models" / "model")
    assert os.listdir(tmp_path / "models") == ["model"] and os.listdir(tmp_path / "models" / "model") == ["old"]


def test_a_model_that_does_not_load_is_an_error(untrained, tmp_path, clean_process):
    clean_process("sys.exit('Op type not known')")
    with pytest.raises(ExportError, match="does not answer in a clean process:\nOp type not known"):
        export_model(untrained, TEXTS, tmp_path / "models" / "model")
    assert os.listdir(tmp_path / "models") == []


def test_no_leftovers_next_to_the_model(model_folder):
    assert os.listdir(model_folder.parent) == ["model"]
    assert (model_folder / "saved_model.pb").exists()


def test_a_folder_that_is_not_an_exported_model(tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path))
    with pytest.raises(UserError, match=r"not one that classifier\.train exported"):
        SavedClassifier(tmp_path)


def test_a_full_disk_leaves_no_part_of_a_model(untrained, tmp_path, monkeypatch):
    """TensorFlow raises a specific error for it."""

    def full(model, folder, **_):
        (Path(folder) / "variables").mkdir(parents=True)
        raise tf.errors.ResourceExhaustedError(None, None, f"{folder}/saved_model.pb.tmp1; No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        export_model(untrained, TEXTS, tmp_path / "model")
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == str(tmp_path / "model")
    assert os.listdir(tmp_path) == []
