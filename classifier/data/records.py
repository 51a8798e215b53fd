"""Splits lines of CSV or TSV into records; each line is read at most twice, wherever the quotation marks are."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifier.settings import Quotes

MOST_LINES = 10_000  # of a record; a longer open quote counts as never closed
MOST_CHARACTERS = 2**24

LITERAL = "set data.quotes=none if quotation marks are part of the texts"
NEVER_CLOSED = "a quote opens in line"
ROW_TOO_LONG = f"the row, or a field of it, is longer than {MOST_CHARACTERS:,} characters"
GOES_ON = f'a quoted field continues after its closing quote; double a quote inside a quoted field (""), or {LITERAL}'

# Number of the first line, fields, problem with the quotes ("" if there is none), lines (until the next record).
Record = tuple[int, list[str], str, list[str]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How lines are split into fields; `quotes` is never auto."""

    delimiter: str
    quotes: Quotes

    def reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Yields the fields of each record."""
        match self.quotes:
            case Quotes.none:
                return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE, strict=True)
            case Quotes.backslash:
                escape = re.compile(rf'\\([\\"\r\n{re.escape(self.delimiter)}]?)')
                # The csv module would drop a backslash before any other character, as in C:\new.
                kept = (escape.sub(lambda found: found[0] if found[1] else r"\\", line) for line in lines)
                return csv.reader(kept, delimiter=self.delimiter, escapechar="\\", strict=True)
            case _:
                return csv.reader(lines, delimiter=self.delimiter, strict=True)


class _TooLong(Exception):
    """A record exceeds the maximum length."""


def read_records(lines: Iterator[str], dialect: Dialect, number: int = 1) -> Iterator[Record]:
    """Yields every record that is not blank.

    A broken quote affects only the line that contains it; the lines after it are read again as separate records.

    Args:
        lines: lines with their line endings.
        dialect: dialect of the file.
        number: number of the first line.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MOST_CHARACTERS))  # one limit for the whole process
    again: deque[str] = deque()
    alone = 0  # number of lines of `again` in which an open quote is known to be never closed
    taken: list[str] = []
    reader = dialect.reader(_collecting(again, lines, taken))
    while True:
        problem = ""
        try:
            if alone:
                alone -= 1
                taken.append(again.popleft())
                cells = next(dialect.reader(taken), [])
            else:
                cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as error:
            problem = _problem(error, number, len(taken))
            if len(taken) > 1:
                # A quote was open at the end of each line except the last. A record that begins on a later line and
                # has an open quote there is in the same state and fails in the same way, so each of these lines is
                # read as a separate record.
                alone = len(taken) - 2
                again.extendleft(reversed(taken[1:]))
                del taken[1:]
            cells = _parse_leniently(taken[0], dialect.delimiter)
            reader = dialect.reader(_collecting(again, lines, taken))
        if len(cells) > 1 or not _is_blank(cells, taken):
            yield number, cells, problem, taken
        number += len(taken)
        taken.clear()


def _collecting(again: deque[str], lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    """Reads `again`, then `lines`, and collects the lines of the current record in `taken`."""
    while again:
        taken.append(again.popleft())
        yield taken[-1]
    characters = sum(map(len, taken))
    for line in lines:
        if taken:  # rarely: a quote is open
            characters = len(line) + (characters if len(taken) > 1 else len(taken[0]))
            if characters > MOST_CHARACTERS or len(taken) == MOST_LINES:
                taken.append(line)
                raise _TooLong
        taken.append(line)
        yield line


def _is_blank(cells: list[str], lines: list[str]) -> bool:
    # In a file with a single column, a quoted "" is a row with an empty text.
    return not cells or (len(cells) == 1 and len(lines) == 1 and lines[0].isspace())


def _problem(error: Exception, number: int, lines: int) -> str:
    if "limit" in str(error):
        return ROW_TOO_LONG
    if isinstance(error, _TooLong):
        within = f"closed within {MOST_LINES:,} lines or {MOST_CHARACTERS:,} characters"
        return f"{NEVER_CLOSED} {number} and is not {within}; {LITERAL}"
    if "end of data" in str(error) or lines > 1:
        return f"{NEVER_CLOSED} {number} and is never closed; {LITERAL}"
    return GOES_ON


def _parse_leniently(line: str, delimiter: str) -> list[str]:
    """Returns the fields of a line with a broken quote that can be read."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]
