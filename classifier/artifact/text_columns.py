"""A model remembers how its data were read, in a folder of the SavedModel that TensorFlow leaves to others."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from classifier.data.columns import column_names
from classifier.data.fields import text_columns
from classifier.data.files import find_files
from classifier.data.label_reader import label_columns
from classifier.errors import UserError
from classifier.files import write_text
from classifier.settings import DataSettings, LabelCase, Reading

Settings = TypeVar("Settings", bound=Reading)
FILE = Path("assets.extra", "classifier.json")


def write_text_columns(folder: Path, data: DataSettings) -> None:
    """Writes the columns of texts and labels to the SavedModel, the separator of labels, and `label_case`."""
    (folder / FILE).parent.mkdir(exist_ok=True)
    kept = {
        "text": text_columns(data.text),
        "label": label_columns(data),
        "separator": data.separator,
        "label_case": data.label_case.name,
    }
    write_text(folder / FILE, json.dumps(kept) + "\n")


def with_text_columns(reading: Settings, files: Any, folder: Path) -> tuple[Settings, str]:
    """Returns the settings with the columns that the model was trained on, and a notice if they are used.

    They are used if no other column is named and the first of the files has them.

    Args:
        reading: how to read the files.
        files: path, folder, glob or list.
        folder: folder of the SavedModel.
    """
    if reading.text != Reading.text or not (folder / FILE).exists():
        return reading, ""
    columns = known_columns(folder)
    try:
        known = column_names(find_files(files)[0], reading)
    except UserError:  # reported when the files are read
        return reading, ""
    if columns == [Reading.text] or not set(columns) <= set(known):
        return reading, ""
    text = columns if len(columns) > 1 else columns[0]
    shown = " and ".join(map(repr, columns))
    return replace(reading, text=text), f"The text is read from {shown}, as in the training of the model."


def known_columns(folder: Path) -> list[str]:
    """Returns the columns that a model remembers.

    Raises:
        UserError: if the file is damaged.
    """
    try:
        return list(map(str, remembered(folder)["text"]))
    except (KeyError, TypeError):
        raise damaged(folder) from None


def with_label_case(data: DataSettings, folder: Path) -> tuple[DataSettings, str]:
    """Returns the settings with `label_case=fold` if the model was trained with it, and a notice if this is a change.

    Models of earlier versions do not remember it.
    """
    if data.label_case is LabelCase.fold or not (folder / FILE).exists():
        return data, ""
    if remembered(folder).get("label_case") != LabelCase.fold.name:
        return data, ""
    notice = "Labels that differ only in case or blanks are one class, as in the training of the model."
    return replace(data, label_case=LabelCase.fold), notice


def with_labels(data: DataSettings, files: Any, folder: Path) -> tuple[DataSettings, str]:
    """Returns the settings with the label columns and the separator of the training, and a notice if they are used.

    They are used if no others are named and the first of the files has the columns. Models of earlier versions do not
    remember them.

    Args:
        data: how to read the files.
        files: path, folder, glob or list.
        folder: folder of the SavedModel.
    """
    if data.label != DataSettings.label or data.separator is not None or not (folder / FILE).exists():
        return data, ""
    found = remembered(folder)
    columns, separator = found.get("label", [DataSettings.label]), found.get("separator")
    try:
        known = column_names(find_files(files)[0], data)
    except UserError:  # reported when the files are read
        return data, ""
    if (columns == [DataSettings.label] and separator is None) or not set(columns) <= set(known):
        return data, ""
    notice = f"Labels are read from {' and '.join(map(repr, columns))}, as in the training of the model."
    return replace(data, label=columns if len(columns) > 1 else columns[0], separator=separator), notice


def with_separator(data: DataSettings, folder: Path) -> DataSettings:
    """Returns the settings with the separator of the training if none is named."""
    if data.separator is not None or not (folder / FILE).exists():
        return data
    return replace(data, separator=remembered(folder).get("separator"))


def remembered(folder: Path) -> dict[str, Any]:
    """Returns the content of the file.

    Raises:
        UserError: if the file is damaged.
    """
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except ValueError:
        raise damaged(folder) from None
    if not isinstance(found, dict):
        raise damaged(folder)
    return found


def damaged(folder: Path) -> UserError:
    """Returns the error about a damaged file."""
    return UserError(f"{folder / FILE} is damaged. Copy the model again, or delete this file.")
