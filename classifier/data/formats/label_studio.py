"""Exports of Label Studio: JSON, JSON-MIN, CSV and TSV, with single choices by one or more annotators.

JSON has one task per text, with its annotations. The other three have one row per annotation, and the rows of a task
follow each other. `data.text` names a field of the task's data, and `data.label` the control with the choices.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from classifier.data.fields import text_columns, text_of
from classifier.data.formats.agreement import agreed
from classifier.data.formats.labelled import Glance, LeftOut, labelled
from classifier.data.lines import read_lines
from classifier.data.row import Row
from classifier.data.rows import read_rows, require_name
from classifier.errors import UserError
from classifier.settings import DataSettings

_ROW = ("annotation_id", "annotator", "lead_time")  # are in every row that is not a task
_OWN = {*_ROW, "id", "created_at", "updated_at", "agreement", "history"}  # columns that hold no text and no choice


def recognizes(glance: Glance) -> bool:
    """Whether the file has tasks with annotations, or rows of annotations."""
    if glance.kind in (".csv", ".tsv"):
        return all(name in glance.keys for name in _ROW) or '"annotation_id"\t' in glance.line
    return {"data", "annotations"} <= set(glance.keys) or all(name in glance.keys for name in _ROW)


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields one row per text that was labelled.

    Raises:
        UserError: if the text or the choices are not found, or several are.
    """
    left_out = LeftOut(path)
    yield from _texts(path, settings, notices, left_out)
    left_out.report(notices)


def _texts(path: Path, settings: DataSettings, notices: list[str], left_out: LeftOut) -> Iterator[Row]:
    names = _Names(path, settings)
    for row, answers in _answers(path, settings, notices, names, left_out):
        label, problem = agreed(answers, settings.agreement) if answers else ("", "")
        text, fault, column = text_of(row, names.texts)
        if row.problem or answers:
            yield labelled(row.number, text, label, problem=fault or problem, column=column if fault else names.control)
    names.check()


class _Names:
    """The names of the texts and of the control with the choices, from the settings or the file."""

    def __init__(self, path: Path, settings: DataSettings) -> None:
        self.path = path
        self.texts = [] if settings.text in (None, "text") else text_columns(settings.text)
        self.control = "" if settings.label in (None, "label") else settings.label
        self._given = bool(self.control)
        self._seen: set[str] = set()  # controls

    def find_texts(self, fields: Sequence[str]) -> None:
        """Chooses the field of the texts if the settings do not."""
        texts = [name for name in fields if name == "text"] or fields
        if not self.texts and len(texts) != 1:
            shown = ", ".join(map(repr, fields[:20])) or "none"
            raise UserError(f"{self.path}: name the field of the texts with data.text=; its fields are {shown}.")
        self.texts = self.texts or list(texts)
        for name in self.texts:
            require_name(self.path, name.partition(".")[0], fields, "data.text")

    def find_control(self, controls: Sequence[str]) -> None:
        """Chooses the control if the settings do not."""
        self._seen.update(controls)
        if not self._given and len(self._seen) > 1:
            shown = ", ".join(map(repr, sorted(self._seen)[:20]))
            raise UserError(f"{self.path}: name the column of the choices with data.label=; it can be {shown}.")
        self.control = self.control or next(iter(self._seen), "")

    def check(self) -> None:
        """Raises UserError if the control of the settings never occurred."""
        if self._seen:
            require_name(self.path, self.control, sorted(self._seen), "data.label")


def _answers(
    path: Path, settings: DataSettings, notices: list[str], names: _Names, left_out: LeftOut
) -> Iterator[tuple[Row, list[Any]]]:
    """Yields the data of each task, and the answers of its annotators."""
    for _, rows in groupby(_rows(path, settings, notices), key=lambda row: _task(row, names)):
        first, *others = rows
        if first.problem:
            yield first, []
        elif "annotations" in first.values:
            yield from _of_task(first, names, left_out)
        else:
            yield _of_rows([first, *others], names, left_out)


def _task(row: Row, names: _Names) -> Any:
    """Returns what rows of the same task have in common, and nothing else has.

    In CSV, `id` may be a field of the data in place of the number of the task; the text tells tasks apart.
    """
    if row.problem or "annotation_id" not in row.values:
        return object()
    if not names.texts:
        names.find_texts([name for name in row.values if name not in _OWN])
    return str(row.values.get("id")), text_of(row, names.texts)[0]


def _rows(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    reading: Any = settings
    if settings.delimiter is None and next(read_lines(path, settings.encoding), "").startswith('"annotation_id"\t'):
        reading = replace(settings, delimiter="tab")  # the converter also calls its TSV result.csv
    return read_rows(path, reading, None, notices)


def _of_task(row: Row, names: _Names, left_out: LeftOut) -> Iterator[tuple[Row, list[Any]]]:
    data, annotations = row.values.get("data"), row.values["annotations"]
    if not isinstance(data, dict) or not isinstance(annotations, list):
        yield replace(row, problem="it is not a task of Label Studio with data and annotations"), []
        return
    names.find_texts([name for name, value in data.items() if isinstance(value, str)] if not names.texts else [*data])
    given = [one for one in annotations if not (one.get("was_cancelled") or one.get("skipped"))]
    chosen = [_choices(one, names) for one in given]
    answers = [labels for labels in chosen if labels is not None]
    if not answers:
        left_out.add("submitted without a choice" if given else "skipped" if annotations else "not annotated")
    yield Row(_number(row), data), answers


def _choices(annotation: dict[str, Any], names: _Names) -> Any:
    """Returns the choice of an annotation, a list of several, or None."""
    results = [result for result in annotation.get("result") or [] if result.get("type") == "choices"]
    names.find_control([str(result.get("from_name")) for result in results])
    found = [choice for result in results if result.get("from_name") == names.control
             for choice in result.get("value", {}).get("choices", [])]  # fmt: skip
    return found[0] if len(found) == 1 else sorted(map(str, found)) or None


def _of_rows(rows: list[Row], names: _Names, left_out: LeftOut) -> tuple[Row, list[Any]]:
    keys = list(rows[0].values)
    controls = [name for name in keys if name not in _OWN and name not in names.texts]
    if "id" in keys and "annotator" in keys[keys.index("id") :]:
        controls = keys[keys.index("id") + 1 : keys.index("annotator")]  # of JSON-MIN
    names.find_control([names.control] if names.control in keys else controls)
    answers = [value for row in rows if (value := row.values.get(names.control))]
    if not answers:
        left_out.add("not annotated")
    return replace(rows[0], number=_number(rows[0])), answers


def _number(row: Row) -> int:
    """Returns the number of the task, by which Label Studio finds it; an export may be a single line."""
    number = str(row.values.get("id"))
    return int(number) if number.isdecimal() else row.number
