"""CSV tables of a report, which people open in a spreadsheet."""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

# What a spreadsheet takes for the beginning of a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the full-width forms as well


def write_table(path: str | Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes the rows under a line of column names; the file appears whole or not at all.

    A text that a spreadsheet would run as a formula gets an apostrophe in front of it, see `as_cell`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        # errors: the name of a file may hold bytes that are not UTF-8.
        with part.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
            writer = csv.writer(file)
            writer.writerow(map(as_cell, columns))
            writer.writerows(map(as_cell, row) for row in rows)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_records(path: str | Path, kind: type, records: Iterable[Any]) -> None:
    """Writes instances of the dataclass `kind`, whose fields are the columns; see `write_table`."""
    write_table(path, [field.name for field in fields(kind)], map(astuple, records))


def as_cell(value: Any) -> Any:
    """The value, with an apostrophe in front of a text that a spreadsheet would take for a formula.

    A number stays a number, also where it is given as text.

    >>> as_cell("=1+1"), as_cell("-0.5"), as_cell(-0.5), as_cell("fine")
    ("'=1+1", '-0.5', -0.5, 'fine')
    """
    if not isinstance(value, str) or not value.startswith(FORMULA_STARTS) or _is_number(value):
        return value
    return f"'{value}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
