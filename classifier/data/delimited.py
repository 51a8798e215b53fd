"""CSV and TSV files -> rows; strict about quotes, so that one stray quote never swallows the rows after it."""

import csv
from collections import Counter, deque
from collections.abc import Iterator

from classifier.data.files import AnyPath, format_of
from classifier.data.lines import line_problem, read_lines, readable
from classifier.data.row import Row
from classifier.errors import UserError
from classifier.settings import Reading

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}  # names, for a shell would need them quoted
LONGEST_FIELD = 2**24  # characters; what an open quote may gather before it counts as never closed

Record = tuple[int, list[str], str]  # line, cells, problem


def separator(delimiter: str | None, kind: str) -> str:
    """The character between fields; `delimiter` is it, its name, or None for the format's own."""
    if delimiter is None:
        return "\t" if kind == "tsv" else ","
    character = DELIMITERS.get(delimiter, "\t" if delimiter == "\\t" else delimiter)
    if len(character) != 1 or character in '"\r\n\0':
        raise UserError(f"data.delimiter={delimiter!r} is not one character; give one, or {', '.join(DELIMITERS)}.")
    return character


def open_delimited(path: AnyPath, reading: Reading) -> tuple[list[str], Iterator[Row]]:
    """The names of the columns, and the rows, yet to be read."""
    delimiter = separator(reading.delimiter, format_of(path))
    records = _records(read_lines(path, reading.encoding), delimiter, reading.encoding)
    header = _header(path, records, delimiter)
    # Naming `strict` would cost a tenth of the speed.
    return header, (Row(number, dict(zip(header, cells)), problem) for number, cells, problem in records)  # noqa: B905


def read_delimited(path: AnyPath, reading: Reading) -> Iterator[Row]:
    yield from open_delimited(path, reading)[1]


def delimited_columns(path: AnyPath, reading: Reading) -> list[str]:
    return open_delimited(path, reading)[0]


def _header(path: AnyPath, records: Iterator[Record], delimiter: str) -> list[str]:
    number, cells, problem = next(records, (0, [], ""))
    if not number:
        raise UserError(f"{path} is empty: it has no header line that names the columns.")
    if problem:
        half_nul = "".join(cells).count("\0") * 3 > len("".join(cells))
        utf16 = " The file looks like UTF-16: set data.encoding=utf-16." if half_nul else ""
        raise UserError(f"{path}:{number}: the header cannot be read: {problem}.{utf16}")
    _refuse_wrong_delimiter(path, cells, delimiter)
    # pandas writes its index as a column without a name.
    names = [cell.strip() or f"column {place}" for place, cell in enumerate(cells, 1)]
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise UserError(f"{path}:{number}: the header names the column {name!r} {count} times; rename all but one.")
    return names


def _refuse_wrong_delimiter(path: AnyPath, cells: list[str], delimiter: str) -> None:
    others = {name: cells[0].count(mark) for name, mark in DELIMITERS.items() if mark != delimiter}
    likely = max(others, key=lambda name: others[name])
    if len(cells) == 1 and others[likely]:
        raise UserError(
            f"{path}:1: with the delimiter {delimiter!r} the header is a single column, {cells[0].strip()[:80]!r}. "
            f"Set data.delimiter={likely}."
        )


def _records(lines: Iterator[str], delimiter: str, encoding: str) -> Iterator[Record]:
    """Every record that is not blank, the header first; all others must have as many cells as it."""
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))  # one limit for the whole process
    taken: list[str] = []
    again: deque[str] = deque()
    reader = _reader(again, lines, taken, delimiter)
    number, width = 1, 0
    while True:
        try:
            cells, problem = next(reader), ""
        except StopIteration:
            return
        except csv.Error as error:
            problem = _quote_problem(str(error), len(taken))
            # Only the first line is lost; the others are read again, as records of their own.
            again.extendleft(reversed(taken[1:]))
            del taken[1:]
            reader = _reader(again, lines, taken, delimiter)
            cells = _leniently(taken[0], delimiter)
        if len(cells) > 1 or not _is_blank(cells, taken):
            width = width or len(cells)
            if len(cells) != width and not problem:
                problem = _width_problem(len(cells), width, number, len(taken))
            problem = problem or line_problem(taken[0] if len(taken) == 1 else "".join(taken), encoding)
            yield number, [readable(cell) for cell in cells] if problem else cells, problem
        number += len(taken)
        taken.clear()


def _reader(again: deque[str], lines: Iterator[str], taken: list[str], delimiter: str) -> Iterator[list[str]]:
    """Reads `again`, then `lines`, and keeps in `taken` the lines of the present record."""

    def taking() -> Iterator[str]:
        while again:
            taken.append(again.popleft())
            yield taken[-1]
        for line in lines:
            taken.append(line)
            yield line

    return csv.reader(taking(), delimiter=delimiter, strict=True)


def _is_blank(cells: list[str], lines: list[str]) -> bool:
    # In a file of one column, "" in quotes is a row with an empty text.
    return not cells or (len(cells) == 1 and len(lines) == 1 and lines[0].isspace())


def _width_problem(count: int, width: int, number: int, lines: int) -> str:
    span = f" and runs from line {number} to {number + lines - 1}" if lines > 1 else ""
    way_out = "; a text that holds the delimiter needs quotes" if count > width else ""
    fields = "1 field" if count == 1 else f"{count} fields"
    return f"the row has {fields} where the header has {width}{span}{way_out}"


def _quote_problem(error: str, lines: int) -> str:
    if "limit" in error:
        return f"a field is longer than {LONGEST_FIELD:,} characters, or a quote opens in this row and is never closed"
    if "end of data" in error or lines > 1:
        return "a quote opens in this row and is never closed"
    return 'a quoted field goes on after its closing quote; a quote inside a quoted field is written twice ("")'


def _leniently(line: str, delimiter: str) -> list[str]:
    """What can be read of a line with a broken quote."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]
