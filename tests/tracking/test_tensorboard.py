"""The logs for TensorBoard: scalars by epoch, a graph, and embeddings with their vocabulary."""

import importlib.util

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from classifier.errors import UserError
from classifier.tracking import tensorboard
from classifier.tracking.tensorboard import TensorBoard

HISTORY = [{"epoch": 1, "loss": 0.9, "valid.accuracy": 0.5}, {"epoch": 2, "loss": 0.4, "valid.accuracy": 0.75}]


def test_scalars_and_graph(tmp_path):
    (tmp_path / "old").write_text("of an earlier run")
    board = TensorBoard(tmp_path)
    for end in (1, 2, 2):
        board.log_epochs(HISTORY[:end])
    double = tf.function(lambda x: 2 * x, input_signature=[tf.TensorSpec([None])])
    board.log_graph(double.get_concrete_function().graph)
    found = EventAccumulator(str(tmp_path)).Reload()
    points = found.Tensors("epoch/valid.accuracy")
    assert [(point.step, float(make_ndarray(point.tensor_proto))) for point in points] == [(1, 0.5), (2, 0.75)]
    assert len(found.Tensors("epoch/loss")) == 2
    assert any(node.op == "Mul" for node in found.Graph().node)
    assert not (tmp_path / "old").exists()


def test_embeddings_have_their_vocabulary(tmp_path):
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    TensorBoard(tmp_path).log_embeddings(["[PAD]", "[UNK]", "送"], vectors)
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert "vocabulary.tsv" in config and "embeddings/.ATTRIBUTES/VARIABLE_VALUE" in config
    assert (tmp_path / "vocabulary.tsv").read_text(encoding="utf-8").splitlines() == ["[PAD]", "[UNK]", "送"]
    kept = tf.train.load_variable(str(tmp_path / "embeddings.ckpt"), "embeddings/.ATTRIBUTES/VARIABLE_VALUE")
    np.testing.assert_array_equal(kept, vectors)


def test_rows_without_a_token_are_left_out(tmp_path):
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    TensorBoard(tmp_path).log_embeddings(["[PAD]", "[UNK]"], vectors)
    kept = tf.train.load_variable(str(tmp_path / "embeddings.ckpt"), "embeddings/.ATTRIBUTES/VARIABLE_VALUE")
    np.testing.assert_array_equal(kept, vectors[:2])


def test_without_tensorboard_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs TensorBoard.*\n  pip install"):
        tensorboard.check_installed()
    assert importlib.util.find_spec("tensorboard")
