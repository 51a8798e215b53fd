"""Finds the model that `model=` names: a folder, `latest`, a run id or its beginning, or an address of MLflow."""

import difflib
import json
from pathlib import Path

from classifier.artifact.saved_model import local_folder, model_near
from classifier.errors import UserError
from classifier.settings import Server
from classifier.tracking import models

LATEST = "latest"
TRAININGS = Path("outputs/train")  # default folder of trainings


def model_folder(model: str, settings: Server, key: str = "model") -> Path:
    """Returns the folder of the SavedModel, which is downloaded if it is not on this machine.

    Args:
        model: folder of a SavedModel or of a training; `latest`, the training that finished last in outputs/train/ or
            else in MLflow; a run id or at least its first eight digits; runs:/<run id>/model; models:/name@champion.
        settings: tracking server.
        key: the setting that names the model.

    Raises:
        UserError: if there is no such model; the message names the most similar one.
    """
    if model == LATEST and not Path(LATEST).is_dir():
        return latest_model(settings, key)
    if folder := local_folder(model, key):
        return folder
    try:
        return models.find_model(model, settings, key)
    except UserError as error:
        near = nearest_folder(model)
        if near is None or "Did you mean" in str(error):
            raise
        raise UserError(f"{str(error).rstrip('.')}. Did you mean {near}?") from error


def latest_model(settings: Server, key: str) -> Path:
    """Returns the model of the training that finished last.

    Raises:
        UserError: if there is none.
    """
    finished = [path for path in TRAININGS.glob("*/summary.json") if is_finished(path)]
    for summary in sorted(finished, key=lambda path: path.stat().st_mtime, reverse=True):
        if folder := model_near(summary.parent):
            return folder
    return models.find_model(models.latest_run(settings, f"{key}={LATEST}: no training in {TRAININGS}/"), settings, key)


def is_finished(summary: Path) -> bool:
    """Whether the summary is that of a finished training."""
    try:
        return json.loads(summary.read_text()).get("status") == "FINISHED"
    except (OSError, ValueError):
        return False


def nearest_folder(name: str) -> Path | None:
    """Returns the folder with a model in the current folder or in outputs/train/ with the most similar name."""
    places = [path for folder in (Path(), TRAININGS) if folder.is_dir() for path in folder.iterdir() if path.is_dir()]
    found = {path.name: path for path in places if model_near(path)}
    near = difflib.get_close_matches(name, found, n=1)
    return found[near[0]] if near else None
