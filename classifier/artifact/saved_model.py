"""Loads a SavedModel, and classifies texts in batches of similar length."""

import difflib
import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from classifier.data.files import file_sha256
from classifier.errors import UserError
from classifier.model.batching import classify_texts
from classifier.settings import BRANCHES
from classifier.tasks import DECISION, Decision, NoneOfThese

SAVED_MODEL = "saved_model.pb"  # the file that identifies a SavedModel
MLFLOW_ADDRESSES = ("models:/", "runs:/")


def local_folder(model: str, key: str = "model") -> Path | None:
    """Returns a folder of a SavedModel, or `model` in the folder of a training; None for run ids and MLflow addresses.

    Args:
        model: a path, a run id or an MLflow address.
        key: the setting that names it.

    Raises:
        UserError: for a folder without a SavedModel, or a path that does not exist.
    """
    folder = Path(model).expanduser()
    if folder.is_file():
        near = model_near(folder)
        hint = f"; the model is the folder {near}" if near else ", not the folder of a SavedModel or of a training"
        raise UserError(f"{key}={model} is a file{hint}.")
    if folder.is_dir():
        folder = model_near(folder) or folder
        check_folder(folder)
        return folder
    if model.startswith(MLFLOW_ADDRESSES) or not (os.sep in model or model.startswith(("~", "."))):
        return None
    others = folder.parent.iterdir() if folder.parent.is_dir() else ()
    names = [path.name for path in others if model_near(path)]  # a failed training leaves a folder without a model
    near = difflib.get_close_matches(folder.name, names, n=1)
    hint = f" Did you mean {folder.parent / near[0]}?" if near else ""
    raise UserError(f"{key}={model}: there is no such folder.{hint}")


def model_near(path: Path) -> Path | None:
    """Returns the SavedModel that a folder is or contains as `model`, or to which a file belongs, or None."""
    folders = (path, path / "model") if path.is_dir() else (path.parent, path.parent / "model", path.parent.parent)
    return next((folder for folder in folders if (folder / SAVED_MODEL).exists()), None)


def model_sha256(folder: Path) -> str:
    """Returns the SHA-256 of names and contents of all files of the SavedModel in hexadecimal."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\n{file_sha256(path)}\n".encode())
    return digest.hexdigest()


def check_folder(folder: str | os.PathLike[str]) -> None:
    """Raises UserError if the folder is not a SavedModel; does not import TensorFlow."""
    if not (Path(folder) / SAVED_MODEL).exists():
        raise UserError(f"{folder} is not a SavedModel: it holds no {SAVED_MODEL}.")


class SavedClassifier:
    """An exported classifier.

    Args:
        folder: folder of the SavedModel.
        branches: number of batches that are computed in parallel.

    Attributes:
        label_names: names of the classes, in the order of the probabilities.
        decision: the thresholds by which the model decides.
        none_of_these: how it recognizes texts of none of the other classes by its last class; None without one.

    Raises:
        UserError: if the folder is not a classifier that this package exported.
    """

    windows_ahead = 2  # one starts while the last batches of the other are computed

    def __init__(self, folder: str | os.PathLike[str], branches: int = BRANCHES) -> None:
        check_folder(folder)
        self.threads = ThreadPoolExecutor(branches)
        from classifier.artifact.saving import load_module

        try:
            self.loaded = load_module(Path(folder))
        except Exception as error:
            raise UserError(f"{folder} cannot be loaded as a SavedModel: {error}") from error
        signatures = self.loaded.signatures
        if not {"serving_default", "label_names"} <= set(signatures):
            raise UserError(f"{folder} is a SavedModel, but not one that classifier.train exported.")
        self.serve = signatures["serving_default"]
        names = signatures["label_names"]()["label_names"].numpy()
        self.label_names = tuple(name.decode() for name in names)
        self.decision = Decision.read(Path(folder))
        self.none_of_these = NoneOfThese.read(Path(folder))
        self._check_decision(Path(folder))

    def _check_decision(self, folder: Path) -> None:
        """Raises UserError if the graph has other decisions than the file next to it."""
        outputs = self.serve.structured_outputs
        decision = self.decision
        decided = {
            "accepted": decision.accept_from,
            "label_set": decision.include_from,
            "labels": decision.label_from,
        }
        for name, threshold in decided.items():
            if (name in outputs) != (threshold is not None):
                raise UserError(f"{folder / DECISION} does not fit the model, which may be incomplete. Copy it again.")

    def probabilities(self, texts: Sequence[str], on_batch: Callable[[int], None] | None = None) -> np.ndarray:
        """Returns probabilities of shape (texts, classes) in float32, in the order of the texts.

        Args:
            texts: texts to classify.
            on_batch: called after each batch with its number of texts.
        """
        classes = len(self.label_names)
        return classify_texts(
            lambda batch: self.serve(text=batch)["probabilities"], texts, classes, self.threads, on_batch
        )
