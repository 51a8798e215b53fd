"""Writes and loads SavedModels so that every loader of TensorFlow, in any folder, finds their variables."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tensorflow as tf

PATTERN = frozenset("[]\\") - {
    os.sep
}  # TensorFlow matches the paths of variables as patterns, and finds none with these


def save_module(module: tf.Module, folder: Path, signatures: Mapping[str, Callable]) -> None:
    """Writes the module as a SavedModel.

    Args:
        module: with all of its variables tracked, see `classifier.model.keras_module`.
        folder: of the SavedModel.
        signatures: functions of the module by the names under which they are served.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with plain_path(folder) as path:
        tf.saved_model.save(module, str(path), signatures=dict(signatures))


def load_module(folder: Path) -> Any:
    """The SavedModel, with the operations of tensorflow-text where it needs them."""
    with plain_path(folder) as path:
        try:
            return tf.saved_model.load(str(path))
        except Exception as error:
            if "Op type not registered" not in str(error):
                raise
            import tensorflow_text  # noqa: F401  # registers the operations of the wordpiece tokenizer

            return tf.saved_model.load(str(path))


@contextmanager
def plain_path(folder: Path) -> Iterator[Path]:
    """The folder under a path that TensorFlow does not take for a pattern: its own, or that of a link to it."""
    if not PATTERN & set(str(folder)):
        yield folder
        return
    with tempfile.TemporaryDirectory() as place:
        link = Path(place) / "model"
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield link
