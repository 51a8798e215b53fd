"""Writes and loads SavedModels such that all loaders of TensorFlow find their variables, in any folder."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tensorflow as tf

# TensorFlow reads the paths of variables as patterns, and fails for these characters.
PATTERN = frozenset("[]\\") - {os.sep}


def save_module(module: tf.Module, folder: Path, signatures: Mapping[str, Callable]) -> None:
    """Writes the module as a SavedModel.

    Args:
        module: module whose variables are all tracked; see `classifier.model.keras_module`.
        folder: folder of the SavedModel.
        signatures: functions of the module by the names of their signatures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with plain_path(folder) as path:
        tf.saved_model.save(module, str(path), signatures=dict(signatures))


def load_module(folder: Path) -> Any:
    """Loads the SavedModel, with the operations of tensorflow-text if the model needs them."""
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
    """Yields a path of the folder that TensorFlow does not read as a pattern, with a symbolic link if necessary."""
    if not PATTERN & set(str(folder)):
        yield folder
        return
    with tempfile.TemporaryDirectory() as place:
        link = Path(place) / "model"
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield link
