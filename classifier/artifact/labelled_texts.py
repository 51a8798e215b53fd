"""Reads labelled texts for a trained model, with the columns of its training and the numbers of its classes."""

from pathlib import Path
from typing import Any

from classifier.artifact.saved_model import SavedClassifier
from classifier.artifact.text_columns import with_label_case, with_labels, with_text_columns
from classifier.data import Loaded, read_examples, write_rejects
from classifier.data.classes import KnownClasses
from classifier.data.none_of_these import none_label
from classifier.errors import UserError
from classifier.settings import DataSettings, LabelCase
from classifier.tasks import NoneOfThese
from classifier.terminal import counted, say


def as_in_training(data: DataSettings, files: Any, folder: Path) -> DataSettings:
    """Returns the settings with columns and `label_case` of the training, and prints what was not named.

    Args:
        data: how to read the files.
        files: path, folder, glob or list; None if they are read as the settings say.
        folder: folder of the SavedModel.
    """
    if files is not None:
        for remembered in (with_text_columns, with_labels):
            data, notice = remembered(data, files, folder)
            if notice:
                say(notice)
    data, notice = with_label_case(data, folder)
    if notice:
        say(notice)
    return data


def read_labelled(files: Any, data: DataSettings, split: str, classifier: SavedClassifier) -> Loaded:
    """Reads the files with the labels of the model.

    Raises:
        UserError: if too many rows have labels that the model does not know.
    """
    several, names = classifier.decision.several, classifier.label_names
    return read_examples(files, data, split=split, several=several, label_names=names)


def check_none(data: DataSettings, none: NoneOfThese | None) -> None:
    """Raises UserError if `data.none_of_these` is given, and is not the label that the model remembers."""
    given = none_label(data)
    if given is None or (none and KnownClasses([none.label], fold=data.label_case is LabelCase.fold).find(given)):
        return
    knows = f"has the label {none.label!r} for them" if none else "has no such class: train one with this key"
    raise UserError(
        f"data.none_of_these={given}: this model remembers how it answers texts of none of its classes, and {knows}."
    )


def report_problems(loaded: Loaded, output: Path) -> None:
    """Prints notices, and writes unusable rows to rejects.csv in the report."""
    for notice in loaded.notices:
        say(notice)
    if rejects := loaded.rejects:
        path = output / "report" / "rejects.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_rejects(path, rejects)
        say(f"{counted(len(rejects), 'row')} could not be used; reasons in {path}")
