"""Extracts the text and the label from the values of a row, or the reason why there is none."""

import json
import math
from collections.abc import Sequence
from typing import Any

from classifier.data.labels import clean_label
from classifier.data.lines import line_problem
from classifier.data.row import Row
from classifier.errors import UserError


def text_columns(text: Any) -> list[str]:
    """Returns `data.text`, a column or a list of columns, as a list."""
    given = list(text) if isinstance(text, Sequence) and not isinstance(text, str) else [text]
    columns = [
        str(column) if type(column) is int else column for column in given
    ]  # YAML reads data.text=0 as an integer
    if not columns or not all(isinstance(column, str) and column for column in columns):
        raise UserError(f"data.text={text!r} names no column: give the name of a column, or a list of names.")
    return columns


def text_of(row: Row, columns: list[str]) -> tuple[str, str, str]:
    """Returns (text, problem, column of the problem), with the non-empty text columns joined by newlines.

    Numbers are accepted as text, because many JSON writers omit the quotes around a text that looks like a number.

    >>> text_of(Row(2, {"title": "Dune", "body": "Sand."}), ["title", "body"])
    ('Dune\\nSand.', '', '')
    """
    parts = []
    problem, place = row.problem, row.column
    for column in columns:
        part, fault = _as_text(row.value(column))
        if part and not part.isspace():
            parts.append(part)
        if fault and not problem:
            problem, place = fault, column
    if not parts and not problem:
        missing = all(is_missing(row.value(column)) for column in columns)
        problem, place = f"the text is {'missing' if missing else 'empty'}", ", ".join(columns)
    return "\n".join(parts), problem, place


def _as_text(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        if value.isascii() and "\0" not in value:  # the usual case, checked quickly
            return value, ""
        return _whole_characters(value, "text")
    if is_missing(value):
        return "", ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value), ""
    return "", f"the text is {_kind(value)}, not a string"


def label_of(value: Any) -> tuple[str, str]:
    """Returns (label, problem), with the label as spelled in the file but without invisible characters.

    `class_names` maps labels to classes. Numbers and booleans are spelled as in JSON. A list with a single label, and
    Label Studio's {"choices": [label]}, which may also be the text of a cell, are read as that label.

    >>> label_of(" pos"), label_of(1.0), label_of(True), label_of(["pos"])
    (('pos', ''), ('1.0', ''), ('true', ''), ('pos', ''))
    """
    labels = label_list(value)
    if labels is not None:
        if len(labels) > 1:
            return "", f"the row has {len(labels)} labels; task=multi_label learns several labels per text"
        value = labels[0] if labels else None
    if isinstance(value, str):
        label, problem = _whole_characters(value, "label")
        label = label if problem else clean_label(label)
        return label, problem or ("" if label else "the label is empty")
    if is_missing(value):
        return "", "the label is missing"
    if isinstance(value, bool):
        return str(value).lower(), ""
    if isinstance(value, int | float):
        return str(value), ""
    return "", f"the label is {_kind(value)}, not a string, a number or a boolean"


def label_list(value: Any) -> list[Any] | None:
    """Returns the labels of a list or of {"choices": [...]}, and None for any other value."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if isinstance(value, dict) and list(value) == ["choices"]:
        value = value["choices"]
    return value if isinstance(value, list) else None


def _whole_characters(text: str, what: str) -> tuple[str, str]:
    """Checks for characters that JSON can escape but no text may hold: NUL, where TensorFlow cuts, and surrogates."""
    if not line_problem(text, "utf-8"):
        return text, ""
    fault = "a NUL character" if "\0" in text else "half a character (a lone surrogate)"
    return text.encode(errors="replace").decode(), f"the {what} has {fault}"


def is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _kind(value: Any) -> str:
    name = type(value).__name__
    return {"dict": "an object", "bool": "a boolean"}.get(name, f"a {name}")
