"""Exports of doccano for text classification: JSONL, JSON, CSV and fastText."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifier.data.fields import text_of
from classifier.data.formats import fasttext
from classifier.data.formats.labelled import Glance, LeftOut, labelled
from classifier.data.lines import line_problem, read_lines
from classifier.data.row import Row
from classifier.data.rows import read_rows, require_name
from classifier.settings import DataSettings

_MARK = "#"  # between the labels of a cell


def recognizes(glance: Glance) -> bool:
    """Whether the rows have comments, as those of doccano 1.8 have."""
    return {"id", "Comments"} <= set(glance.keys) and bool({"label", "cats"} & set(glance.keys))


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields one row per text; annotators who agree in a shared project count as one."""
    left_out = LeftOut(path)
    rows = _lines(path, settings) if path.suffix == ".txt" else _rows(path, settings, notices)
    for row in rows:
        labels = row.values["label"]
        if not row.problem and labels in ([], "", None):
            left_out.add("not annotated")
        else:
            yield row
    left_out.report(notices)


def _rows(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    for row in read_rows(path, settings, None, notices):
        name = "cats" if "label" not in row.values and "cats" in row.values else "label"
        if not row.problem:
            for column in ("text", name):
                require_name(path, column, list(row.values), f"data.{column}")
        text, problem, column = text_of(row, ["text"])
        label, fault = _one(row.values.get(name))
        yield labelled(row.number, text, label, problem=problem or fault, column=column if problem else "label")


def _one(value: Any) -> tuple[Any, str]:
    """Returns (label, problem); a shared project repeats a label for each annotator who chose it."""
    if isinstance(value, str) and _MARK in value:
        names = set(value.split(_MARK))
        if len(names) == 1:
            return names.pop(), ""
        return value, f"doccano puts {_MARK} between several labels, as in {value!r}; if it is a label, export JSONL"
    if isinstance(value, list) and len({str(label) for label in value}) == 1:
        return value[0], ""
    return value, ""


def _lines(path: Path, settings: DataSettings) -> Iterator[Row]:
    """Reads the fastText export, which is CSV with one column: a line with a comma is in quotation marks."""
    lines = list(read_lines(path, settings.encoding))
    number = 1
    reader = csv.reader(lines)
    for cells in reader:
        line, _, _comment = ",".join(cells).partition(" __comment__")
        row = fasttext.row_of(number, line)
        label, _ = _one(row.values["label"])
        problem = line_problem("".join(lines[number - 1 : reader.line_num]), settings.encoding)
        yield labelled(number, row.values["text"], label, problem=problem)
        number = reader.line_num + 1
