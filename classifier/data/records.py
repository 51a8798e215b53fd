"""Lines of CSV or TSV -> records, each line read at most twice whatever the quotation marks do."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifier.settings import Quotes

MOST_LINES = 10_000  # of a record; what an open quote may gather before it counts as never closed
MOST_CHARACTERS = 2**24

LITERAL = "set data.quotes=none if quotation marks are part of the texts"
NEVER_CLOSED = "a quote opens in line"
ROW_TOO_LONG = f"the row, or a field of it, is longer than {MOST_CHARACTERS:,} characters"
GOES_ON = (
    f'a quoted field goes on after its closing quote; a quote inside a quoted field is written twice (""), or {LITERAL}'
)

# Number of the first line, fields, why the quotes cannot be read ("" when they can), lines (until the next record).
Record = tuple[int, list[str], str, list[str]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the fields of a line are told apart; `quotes` is never auto."""

    delimiter: str
    quotes: Quotes

    def reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The fields of each record."""
        match self.quotes:
            case Quotes.none:
                return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE, strict=True)
            case Quotes.backslash:
                escape = re.compile(rf'\\([\\"\r\n{re.escape(self.delimiter)}]?)')
                # The csv module would drop a backslash in front of any other character, as in C:\new.
                kept = (escape.sub(lambda found: found[0] if found[1] else r"\\", line) for line in lines)
                return csv.reader(kept, delimiter=self.delimiter, escapechar="\\", strict=True)
            case _:
                return csv.reader(lines, delimiter=self.delimiter, strict=True)


class _TooLong(Exception):
    """A record is longer than a record may be."""


def read_records(lines: Iterator[str], dialect: Dialect, number: int = 1) -> Iterator[Record]:
    """Every record that is not blank.

    A broken quote costs the line that has it; the lines after it are read again, as records of their own.

    Args:
        lines: with their line ends.
        dialect: of the file.
        number: of the first line.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MOST_CHARACTERS))  # one limit for the whole process
    again: deque[str] = deque()
    alone = 0  # lines of `again` at whose end an open quote is known not to be closed later either
    taken: list[str] = []
    reader = dialect.reader(_taking(again, lines, taken))
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
                # A quote was open at the end of each line but the last. A record that begins later and has a quote
                # open there is in the same state and ends as badly, so each of these lines is a record by itself.
                alone = len(taken) - 2
                again.extendleft(reversed(taken[1:]))
                del taken[1:]
            cells = _leniently(taken[0], dialect.delimiter)
            reader = dialect.reader(_taking(again, lines, taken))
        if len(cells) > 1 or not _is_blank(cells, taken):
            yield number, cells, problem, taken
        number += len(taken)
        taken.clear()


def _taking(again: deque[str], lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    """Reads `again`, then `lines`, and keeps in `taken` the lines of the present record."""
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
    # In a file of one column, "" in quotes is a row with an empty text.
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


def _leniently(line: str, delimiter: str) -> list[str]:
    """What can be read of a line with a broken quote."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]
