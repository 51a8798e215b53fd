"""Training files of fastText: a text per line, with its label as a word that begins with `__label__`."""

import re
from collections.abc import Iterator
from pathlib import Path

from classifier.data.formats.labelled import Glance, labelled
from classifier.data.lines import line_problem, read_lines, readable
from classifier.data.row import Row
from classifier.settings import DataSettings

PREFIX = "__label__"
_LABEL = re.compile(rf"(?:^|(?<=[ \t\v\f\r\0])){PREFIX}([^ \t\v\f\r\n\0]*)[ \t\v\f\r]*")  # at the spaces of fastText


def recognizes(glance: Glance) -> bool:
    """Whether a text file begins with a label."""
    return glance.kind == ".txt" and glance.line.startswith(PREFIX)


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields one row per line that is not blank."""
    for number, line in enumerate(read_lines(path, settings.encoding), 1):
        if not line.isspace():
            row = row_of(number, readable(line.rstrip("\r\n")))
            problem = line_problem(line, settings.encoding) or row.problem
            yield Row(number, row.values, problem, row.column)


def row_of(number: int, line: str) -> Row:
    """Returns the row of a line; as in fastText, labels may be anywhere in it."""
    labels = _LABEL.findall(line)
    problem = "" if labels else f"the line has no word that begins with {PREFIX}"
    if line.startswith(f'"{PREFIX}'):
        problem = "the line is in quotation marks, as doccano writes it: set data.format=doccano"
    return labelled(number, _LABEL.sub("", line).strip(), labels, problem=problem, column="label" if problem else "")
