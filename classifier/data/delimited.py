"""Reads rows from CSV and TSV files; a stray quotation mark never silently swallows the rows after it."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

from classifier.data.files import AnyPath, format_of
from classifier.data.lines import line_problem, read_lines, readable
from classifier.data.quotes import SAMPLE, decide, swallows
from classifier.data.records import Dialect, Record, read_records
from classifier.data.row import Row
from classifier.errors import UserError
from classifier.settings import Quotes, Reading

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}  # named, because a shell would require quotes
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\w\r\n\0])"?[\r\n]*', re.IGNORECASE)  # first line for Excel

SAMPLE_LINES = 64  # to recognize semicolons

NO_HEADER = (
    "If the file has no header, set data.header=false and name its columns by number, counted from 0, as in "
    "data.text=1 data.label=0."
)


def separator(delimiter: str | None, kind: str) -> str:
    """Returns the delimiter character; `delimiter` is a character, a name, or None for the default of the format."""
    if delimiter is None:
        return "\t" if kind == "tsv" else ","
    character = DELIMITERS.get(delimiter, "\t" if delimiter == "\\t" else delimiter)
    if len(character) != 1 or character in '"\r\n\0':
        raise UserError(f"data.delimiter={delimiter!r} is not one character; give one, or {', '.join(DELIMITERS)}.")
    return character


def open_delimited(path: AnyPath, reading: Reading, notices: list[str]) -> tuple[list[str], Iterator[Row]]:
    """Returns the column names, and an iterator over the rows.

    Args:
        path: path of the file.
        reading: how to read the file.
        notices: list to which notices for the user are added; complete once all rows have been read.
    """
    lines = read_lines(path, reading.encoding)
    first = next(lines, None)
    declared = _SEPARATOR_LINE.fullmatch(first or "")
    delimiter = separator(reading.delimiter, format_of(path))
    if declared and reading.delimiter is None:
        delimiter = declared[1]
    elif not declared and first is not None:
        lines = chain([first], lines)

    def add_notice(notice: str) -> None:
        notices.append(f"{path}: {notice}")

    if reading.delimiter is None and reading.header and not declared and format_of(path) == "csv":
        sample = list(islice(lines, SAMPLE_LINES))
        lines = chain(sample, lines)
        if has_semicolons(sample):
            delimiter = ";"
            add_notice("its fields are separated by semicolons (data.delimiter=semicolon).")
        elif is_one_column(sample):
            delimiter = "\t"
            add_notice("it has one column, and commas are part of its texts (data.delimiter=tab).")
    dialect = Dialect(delimiter, reading.quotes)
    if reading.quotes is Quotes.auto:
        lines, dialect = _detect_quotes(lines, delimiter, add_notice)
    records = read_records(lines, dialect, number=2 if declared else 1)
    names, records = _read_names(path, records, dialect, reading)
    return names, _rows(names, records, dialect, reading, add_notice)


def has_semicolons(lines: Sequence[str]) -> bool:
    """Whether these first lines are plainly a table with semicolons, as Excel writes it in many languages.

    The header has semicolons but no commas, and every row has as many fields as the header.

    >>> has_semicolons(["text;label\n", "it's late, sorry;delivery\n"]), has_semicolons(["text;label\n", "one\n"])
    (True, False)
    """
    if not lines or "," in lines[0] or ";" not in lines[0]:
        return False
    try:
        rows = list(csv.reader(lines, delimiter=";", strict=True))
    except csv.Error:  # a field that spans more lines than these, or stray quotation marks
        return False
    widths = {len(row) for row in rows if row}
    return len(rows) > 1 and len(widths) == 1 and widths != {1}


def is_one_column(lines: Sequence[str]) -> bool:
    """Whether these first lines are plainly a single column of texts, some of which hold commas without quotes.

    Excel writes such files in languages in which it separates fields with semicolons.

    >>> is_one_column(["text\n", "fine\n", "late, and broken\n"]), is_one_column(["text\n", "a,b\n", "c,d\n"])
    (True, False)
    """
    if not lines or any("\t" in line for line in lines) or "," in lines[0] or ";" in lines[0]:
        return False
    try:
        rows = list(csv.reader(lines[1:], strict=True))
    except csv.Error:
        return False
    return len({len(row) for row in rows if row}) > 1  # in a table whose header lacks names it would be the same


def _detect_quotes(
    lines: Iterator[str], delimiter: str, add_notice: Callable[[str], None]
) -> tuple[Iterator[str], Dialect]:
    """Returns the same lines, and the dialect that fits the first of them."""
    sample, characters = [], 0
    for line in lines:
        sample.append(line)
        characters += len(line)
        if characters > SAMPLE:
            break
    quotes = decide(sample, delimiter, cut=characters > SAMPLE)
    if quotes is not Quotes.double:
        how = {
            Quotes.none: "quotation marks are read as part of the texts",
            Quotes.backslash: r"\" is read as a quotation mark inside a quoted field",
        }
        add_notice(
            f"{how[quotes]}, as the first {len(sample):,} lines suggest (data.quotes={quotes.name}); "
            "data.quotes=double reads them as quotes around a field."
        )
    return chain(sample, lines), Dialect(delimiter, quotes)


def _read_names(
    path: AnyPath, records: Iterator[Record], dialect: Dialect, reading: Reading
) -> tuple[list[str], Iterator[Record]]:
    """Returns the column names, and the records that are rows."""
    number, cells, problem, lines = next(records, (0, [], "", []))
    if not number:
        what = "no header line that names the columns" if reading.header else "no row"
        raise UserError(f"{path} is empty: it has {what}.")
    if not reading.header:
        ahead: list[Record] = [(number, cells, problem, list(lines))]
        while problem and (record := next(records, None)):  # the first readable row gives the number of columns
            number, cells, problem, lines = record
            ahead.append((number, cells, problem, list(lines)))
        return [str(place) for place in range(len(cells))], chain(ahead, records)
    problem = problem or line_problem("".join(lines), reading.encoding)
    if problem:
        half_nul = "".join(cells).count("\0") * 3 > len("".join(cells))
        utf16 = (
            " The file looks like UTF-16: set data.encoding=utf-16, or utf-16-le if that finds no byte-order mark."
            if half_nul
            else ""
        )
        raise UserError(f"{path}:{number}: the header cannot be read: {problem}.{utf16}")
    _refuse_wrong_delimiter(path, number, cells, dialect.delimiter)
    return header_names(path, number, cells), records


def header_names(path: AnyPath, number: int, cells: list[str]) -> list[str]:
    """Returns the column names; raises UserError if two of them are equal."""
    # pandas writes its index as a column without a name.
    names = [cell.strip() or f"column {place}" for place, cell in enumerate(cells, 1)]
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise UserError(
            f"{path}:{number}: the header names the column {name!r} {count} times; rename all but one. {NO_HEADER}"
        )
    return names


def looks_like_data(names: list[str], rows: Iterable[Row]) -> bool:
    """Whether a header is more likely a row: it has a sentence, a number, or a value that recurs in the same column."""
    if any(len(name.split()) > 3 or len(name) > 60 for name in names):
        return True
    if any(re.fullmatch(r"[+-]?\d+(\.\d+)?", name) for name in names) and names != [str(i) for i in range(len(names))]:
        return True
    return any(row.values.get(name, "").strip() == name for row in islice(rows, 100) for name in names)


def _refuse_wrong_delimiter(path: AnyPath, number: int, cells: list[str], delimiter: str) -> None:
    others = {name: cells[0].count(mark) for name, mark in DELIMITERS.items() if mark != delimiter}
    likely = max(others, key=lambda name: others[name])
    if len(cells) == 1 and others[likely]:
        raise UserError(
            f"{path}:{number}: with the delimiter {delimiter!r} the header is a single column, "
            f"{cells[0].strip()[:80]!r}. Set data.delimiter={likely}."
        )


def _rows(
    names: list[str], records: Iterator[Record], dialect: Dialect, reading: Reading, add_notice: Callable[[str], None]
) -> Iterator[Row]:
    """Converts records to rows; every record must have as many fields as there are columns."""
    width, encoding = len(names), reading.encoding
    first = "header" if reading.header else "first row"
    wide: list[str] = []  # line ranges in which several rows may have been read as one
    for number, cells, problem, lines in records:
        if len(cells) != width and not problem:
            problem = _width_problem(len(cells), width, first) + _span(number, len(lines))
        problem = problem or line_problem(lines[0] if len(lines) == 1 else "".join(lines), encoding)
        if problem:
            cells = [readable(cell) for cell in cells]
        elif len(lines) > 1 and swallows(lines, width, dialect.delimiter):
            wide.append(f"{number} to {number + len(lines) - 1}")
        # Passing `strict` would be 10% slower.
        yield Row(number, dict(zip(names, cells)), problem)  # noqa: B905
    if wide:
        count = "a quoted field spans" if len(wide) == 1 else f"{len(wide):,} quoted fields span"
        add_notice(
            f"{count} several lines, each of which could be a separate row (lines {', '.join(wide[:3])}"
            f"{', ...' if len(wide) > 3 else ''}). If quotation marks are part of the texts, set data.quotes=none."
        )


def _width_problem(count: int, width: int, first: str) -> str:
    """Explains why a row cannot be used whose number of fields differs from that of the header or first row."""
    hint = "; a text that holds the delimiter needs quotes" if count > width else ""
    fields = "1 field" if count == 1 else f"{count} fields"
    return f"the row has {fields} where the {first} has {width}{hint}"


def _span(number: int, lines: int) -> str:
    return f"; it runs from line {number} to {number + lines - 1}" if lines > 1 else ""
