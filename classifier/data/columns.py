"""Finds the columns of text and label in a file whose columns have other names, where they are plain."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from classifier.data.delimited import looks_like_data
from classifier.data.fields import label_of, text_columns
from classifier.data.files import format_of
from classifier.data.formats.choose import chosen_format, find_labelled
from classifier.data.json_lines import json_columns
from classifier.data.label_reader import label_columns
from classifier.data.parquet import parquet_columns
from classifier.data.rows import open_rows, read_rows
from classifier.errors import UserError
from classifier.settings import DataSettings, Reading
from classifier.settings.typed import as_typed

TEXT_NAMES = (
    "text", "texts", "message", "messages", "body", "content", "comment", "review", "sentence", "utterance", "question",
    "query", "tweet", "post", "document", "description",
)  # fmt: skip
LABEL_NAMES = (
    "label", "labels", "category", "class", "topic", "intent", "sentiment", "target", "tag", "queue", "team",
)  # fmt: skip
SAMPLE_ROWS = 1000
MOST_SHARE = 0.5  # of the distinct values among the rows, for a column of labels


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sample of rows: its number of different values, and the mean number of their characters."""

    name: str
    distinct: int
    characters: float


def with_columns(data: DataSettings, command: str = "train") -> tuple[DataSettings, str]:
    """Returns the settings with the columns of text and label, and a notice if they were found in the training file.

    They are only searched for if the file does not have the columns that the settings name, and these have not been
    changed from `text` and `label`.

    Args:
        data: how to read the files.
        command: the command, for a line to type.

    Raises:
        UserError: if they are not plain; the message has a command to type.
    """
    text_open, label_open = data.text == DataSettings.text, data.label == DataSettings.label
    if data.train is None or not (text_open or label_open) or str(data.train).startswith(f"{data.root}/{data.name}/"):
        return data, ""  # a named data set has these columns
    path = find_labelled(data.train, data)[0]
    if chosen_format(path, data) is not None:
        return data, ""  # an annotation tool's file, whose reader knows where text and label are
    names = column_names(path, data)
    text_open, label_open = text_open and "text" not in names, label_open and "label" not in names
    if not names or not (text_open or label_open):
        return data, ""
    columns = sampled_columns(path, data, names)
    texts = [] if text_open else text_columns(data.text)
    labels = () if label_open else label_columns(data)
    if not {*texts, *labels} <= set(names):
        return data, ""  # reported when the file is read
    found = choose(
        [column for column in columns if column.name not in labels[1:]], texts, labels[0] if labels else None
    )
    if found is None:
        raise UserError(not_plain(path, data, columns, command))
    chosen = replace(data, text=found[0], label=found[1] if label_open else data.label)
    typed = f"data.text={as_typed(chosen.text)} data.label={as_typed(chosen.label)}"
    return chosen, f"{path}: the text is read from {chosen.text!r} and the label from {chosen.label!r} ({typed})."


def column_names(path: Path, reading: Reading) -> list[str]:
    """Returns the columns of a file; none for plain text, and if the file begins with a row instead of a header."""
    match format_of(path):
        case "text":
            return []
        case "parquet":
            return list(parquet_columns(path))
        case "json":
            return json_columns(path, reading.encoding)
        case _:
            names, rows = open_rows(path, reading, [])
            return names if reading.header and not looks_like_data(names, rows) else []


def sampled_columns(path: Path, reading: Reading, names: Sequence[str]) -> list[Column]:
    """Returns the columns as described by the first rows."""
    rows = [row for row in islice(read_rows(path, reading, list(names)), SAMPLE_ROWS) if not row.problem]
    columns = []
    for name in names:
        values = [value for row in rows if (value := label_of(row.value(name))[0])]
        characters = sum(map(len, values)) / max(1, len(values))
        columns.append(Column(name, len(set(values)), characters))
    return columns


def choose(columns: Sequence[Column], texts: list[str], label: str | None) -> tuple[Any, str] | None:
    """Returns the columns of the text and the label, or None if they are not plain.

    Args:
        columns: the columns of the file.
        texts: columns of the text, if they are known.
        label: column of the label, if it is known.
    """
    given = {*texts, label}
    others = [column for column in columns if column.name not in given]
    text_named = [column.name for column in others if column.name.strip().casefold() in TEXT_NAMES]
    label_named = [column.name for column in others if column.name.strip().casefold() in LABEL_NAMES]
    text = (texts if len(texts) > 1 else texts[0]) if texts else text_named[0] if len(text_named) == 1 else None
    label = label or (label_named[0] if len(label_named) == 1 else None)
    if len(columns) == 2 and not (text_named[1:] or label_named[1:]) and (text is None or label is None):
        if text is None and label is None:
            few, many = sorted(columns, key=lambda column: column.distinct)
            plain = 1 < few.distinct <= MOST_SHARE * many.distinct and few.characters < many.characters
            return (many.name, few.name) if plain else None
        left = next((column.name for column in others if column.name not in (text, label)), None)
        text, label = (left if text is None else text), (left if label is None else label)
    return None if text is None or label is None else (text, label)


def not_plain(path: Path, data: DataSettings, columns: Sequence[Column], command: str) -> str:
    """Explains that the columns are not plain, with a command that names the most likely ones."""
    text = max(columns, key=lambda column: column.characters)
    labels = [column for column in columns if column is not text and column.distinct > 1]
    label = min(labels, key=lambda column: column.distinct).name if labels else "<column>"
    shown = ", ".join(repr(column.name[:40]) for column in columns[:20]) + (", ..." if len(columns) > 20 else "")
    wanted = [*text_columns(data.text), *label_columns(data)]
    missing = [name for name in wanted if name not in [column.name for column in columns]]
    line = ["classifier", command, str(path), f"data.text={as_typed(text.name)}", f"data.label={as_typed(label)}"]
    return (
        f"{path} has no column {' and no column '.join(map(repr, missing))}. Its columns are {shown}; name yours with "
        f"data.text= and data.label=, such as:\n  {shlex.join(line)}"
    )
