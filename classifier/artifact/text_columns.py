"""A model remembers the columns of its texts, in a folder of the SavedModel that TensorFlow leaves to others."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from classifier.data.columns import column_names
from classifier.data.fields import text_columns
from classifier.data.files import find_files
from classifier.errors import UserError
from classifier.files import write_text
from classifier.settings import Reading

Settings = TypeVar("Settings", bound=Reading)
FILE = Path("assets.extra", "classifier.json")


def write_text_columns(folder: Path, text: Any) -> None:
    """Writes `data.text`, a column or a list of columns, to the SavedModel."""
    (folder / FILE).parent.mkdir(exist_ok=True)
    write_text(folder / FILE, json.dumps({"text": text_columns(text)}) + "\n")


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
    columns = json.loads((folder / FILE).read_text(encoding="utf-8"))["text"]
    try:
        known = column_names(find_files(files)[0], reading)
    except UserError:  # reported when the files are read
        return reading, ""
    if columns == [Reading.text] or not set(columns) <= set(known):
        return reading, ""
    text = columns if len(columns) > 1 else columns[0]
    shown = " and ".join(map(repr, columns))
    return replace(reading, text=text), f"The text is read from {shown}, as in the training of the model."
