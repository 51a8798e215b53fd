"""Reads rows from plain text: one text per line, in the column `text`."""

from collections.abc import Iterator

from classifier.data.files import AnyPath
from classifier.data.lines import line_problem, read_lines, readable
from classifier.data.row import Row

COLUMN = "text"


def read_plain_text(path: AnyPath, encoding: str) -> Iterator[Row]:
    """Yields every line as a row, including blank lines, so that results can be matched with lines."""
    for number, line in enumerate(read_lines(path, encoding), 1):
        yield Row(number, {COLUMN: readable(line.rstrip("\r\n"))}, line_problem(line, encoding))
