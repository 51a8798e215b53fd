"""Reads the labels of a row: one label, a list, a cell with a separator, or one column of 0 and 1 per label."""

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from classifier.data.classes import KnownClasses, listed
from classifier.data.fields import is_missing, label_list, label_of
from classifier.data.labels import clean_label
from classifier.data.row import Row
from classifier.errors import UserError
from classifier.settings import DataSettings

ADJACENT = re.compile(r"""(?<=[^\[,\s])(['"])\s+(?=['"])""")  # the end of a string before the start of another
MISSING = re.compile(r"(?<=[\[,\s])nan(?=[\],])")
FLAGS = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False, "": False}


@dataclass(frozen=True, slots=True)
class LabelReader:
    """How the labels of a row are read.

    Args:
        columns: column of the label, or the columns of 0 and 1, which are named after the labels.
        several: whether a text can have several labels, or none.
        separator: separator of the labels in a cell; None means that a cell has one label or a list.
        known: classes of train, if they are known; other labels are a problem.
    """

    columns: tuple[str, ...]
    several: bool = False
    separator: str | None = None
    known: KnownClasses | None = None

    def read(self, row: Row) -> tuple[tuple[str, ...], str, str]:
        """Returns (labels, problem, column of the problem)."""
        column, *others = self.columns
        if others:
            labels, problem, column = flagged(row, self.columns)
        else:
            labels, problem = self.of_cell(row.value(column))
        if self.known is None or problem:
            return labels, problem, column
        return (*self.named(labels), ", ".join(labels) if others else column)

    def of_cell(self, value: Any) -> tuple[tuple[str, ...], str]:
        """Returns (labels, problem) of a cell."""
        if not self.several:
            label, problem = label_of(value)
            return (label,), problem
        labels: dict[str, None] = {}
        for part in parts_of(value, self.separator):
            label, problem = label_of(part)
            if problem:
                return (), problem
            labels[label] = None
        return tuple(labels), ""

    def named(self, labels: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """Returns (names of the classes, problem) of labels."""
        assert self.known is not None
        names: dict[str, None] = {}
        for label in labels:
            name = self.known.find(label)
            if name is None:
                return labels, self.known.problem(label)
            names[name] = None
        return tuple(names), ""

    def notices(self, labels: Sequence[tuple[str, ...]]) -> list[str]:
        """Reports a separator that separates nothing, and columns of labels that no text has."""
        found = []
        if self.separator is not None and all(len(of_text) < 2 for of_text in labels):
            found.append(f"data.separator={self.separator!r} separates no labels: every text has at most one.")
        known = {label for of_text in labels for label in of_text}
        columns = self.columns if len(self.columns) > 1 else ()
        missing = [column for column in columns if clean_label(column) not in known]
        if missing:
            found.append(f"No text has the label of these columns, so the model will not know it: {listed(missing)}.")
        return found

    def for_format(self, column: str) -> "LabelReader":
        """Returns the reader for a file whose format knows where its labels are, which it gives in `column`."""
        if len(self.columns) > 1:
            raise UserError("data.label can only name several columns in a table: CSV, TSV, JSON, Parquet or XLSX.")
        return replace(self, columns=(column,))


def label_columns(settings: DataSettings) -> tuple[str, ...]:
    """Returns `data.label`, a column or a list of columns, as a tuple.

    Raises:
        UserError: if it names no column, or one twice.
    """
    label = settings.label
    given = list(label) if isinstance(label, Sequence) and not isinstance(label, str) else [label]
    columns = [str(column) if type(column) is int else column for column in given]
    if not columns or not all(isinstance(column, str) and column for column in columns):
        raise UserError(f"data.label={label!r} names no column: give the name of a column, or a list of names.")
    if twice := [column for column in columns if columns.count(column) > 1]:
        raise UserError(f"data.label names the column {twice[0]!r} twice.")
    return tuple(columns)


def parts_of(value: Any, separator: str | None) -> list[Any]:
    """Returns the labels of a cell; none if it is empty.

    >>> parts_of("joy | anger", "|"), parts_of(["joy"], None), parts_of("['joy', 'anger']", None), parts_of("", None)
    (['joy', 'anger'], ['joy'], ['joy', 'anger'], [])
    """
    listed = label_list(value)
    if listed is None and isinstance(value, str):
        listed = written_list(value)
    if listed is None and isinstance(value, str) and separator is not None:
        listed = value.split(separator)
    if listed is None:
        listed = [value]
    stripped = [clean_label(part) if isinstance(part, str) else part for part in listed]
    return [part for part in stripped if not (is_missing(part) or part == "")]


def written_list(text: str) -> list[Any] | None:
    """Returns the list that a cell of text contains as JSON, or as Python, NumPy and pandas write it; otherwise None.

    >>> written_list("['joy', nan]"), written_list("['joy' 'anger']"), written_list("[draft] joy")
    (['joy', None], ['joy', 'anger'], None)
    """
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    commas = ADJACENT.sub(r"\1, ", MISSING.sub("None", text))  # Python would join adjacent strings
    for read, given in ((json.loads, text), (ast.literal_eval, commas)):
        try:
            found = read(given)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list):
            return found
    return None


def flagged(row: Row, columns: Sequence[str]) -> tuple[tuple[str, ...], str, str]:
    """Returns (labels, problem, column of the problem) of columns of 0 and 1, which are named after the labels."""
    labels = []
    for column in columns:
        value = row.value(column)
        text = "" if is_missing(value) else str(value).strip().lower()
        if text not in FLAGS:
            return (), f"{str(value)[:40]!r} is neither 0 nor 1, as in a column of a label", column
        if FLAGS[text]:
            labels.append(clean_label(column))
    return tuple(labels), "", ""
