"""Logs for TensorBoard, in addition to MLflow: scalars by epoch, the graph, and token embeddings."""

import shutil
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from classifier.errors import UserError, to_install

LABELS, POINTS = "vocabulary.tsv", "embeddings.ckpt"


def check_installed() -> None:
    """Raises UserError with a hint if TensorBoard is not installed."""
    if find_spec("tensorboard") is None:
        raise UserError(f"tracking.tensorboard=true needs TensorBoard. Install it:{to_install('tensorboard')}")


class TensorBoard:
    """Writes logs to a folder, which is emptied first.

    Args:
        folder: folder for `tensorboard --logdir`.
    """

    def __init__(self, folder: Path) -> None:
        import tensorflow as tf

        shutil.rmtree(folder, ignore_errors=True)
        self.folder = folder
        self.summary = tf.summary
        self.writer = tf.summary.create_file_writer(str(folder))
        self.logged = 0

    def log_epochs(self, history: Sequence[Mapping[str, float]]) -> None:
        """Logs the new entries of the history of a training, one per epoch, as scalars."""
        for entry in history[self.logged :]:
            for name, value in entry.items():
                if name != "epoch":
                    with self.writer.as_default(step=int(entry["epoch"])):
                        self.summary.scalar(f"epoch/{name}", value)
        self.logged = len(history)
        self.writer.flush()

    def log_graph(self, graph: Any) -> None:
        """Logs a TensorFlow graph."""
        with self.writer.as_default(step=0):
            self.summary.graph(graph)
        self.writer.flush()

    def log_embeddings(self, vocabulary: Sequence[str], vectors: Any) -> None:
        """Logs the vector of each token for the projector.

        Args:
            vocabulary: the tokens.
            vectors: embedding matrix of shape (at least tokens, width); the other rows belong to no token.
        """
        import tensorflow as tf
        from tensorboard.plugins import projector

        (self.folder / LABELS).write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
        checkpoint = tf.train.Checkpoint(embeddings=tf.Variable(vectors[: len(vocabulary)]))
        checkpoint.write(str(self.folder / POINTS))
        config = projector.ProjectorConfig()
        config.model_checkpoint_path = str(self.folder / POINTS)
        embedding = config.embeddings.add()
        embedding.tensor_name, embedding.metadata_path = "embeddings/.ATTRIBUTES/VARIABLE_VALUE", LABELS
        projector.visualize_embeddings(str(self.folder), config)
