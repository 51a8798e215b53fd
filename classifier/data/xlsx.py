"""Reads rows from the first sheet of XLSX files, with every cell as text, as if saved as CSV."""

import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import chain
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from classifier.data.delimited import header_names
from classifier.data.files import reading as reading_file
from classifier.data.files import require_content
from classifier.data.row import Row
from classifier.errors import UserError, to_install
from classifier.settings import Reading


def open_xlsx(path: Path, reading: Reading, notices: list[str]) -> tuple[list[str], Iterator[Row]]:
    """Returns the column names, and an iterator over the rows; formulas have their saved values.

    Raises:
        UserError: if openpyxl is not installed, or the file is not a workbook.
    """
    rows = _filled_rows(path, notices)
    number, cells = next(rows, (0, []))
    if not number:
        raise UserError(f"{path} is empty: its first sheet has no rows.")
    if reading.header:
        names = header_names(path, number, cells)
        return names, (_row(number, cells, names, "header") for number, cells in rows)
    names = [str(place) for place in range(len(cells))]
    return names, (_row(number, cells, names, "first row") for number, cells in chain([(number, cells)], rows))


def _row(number: int, cells: list[str], names: list[str], first: str) -> Row:
    more = len(cells) > len(names)
    problem = f"the row has {len(cells)} cells where the {first} has {len(names)}" if more else ""
    return Row(number, dict(zip(names, cells + [""] * (len(names) - len(cells)), strict=False)), problem)


def _filled_rows(path: Path, notices: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yields the number and the cells of each row that is not empty, without trailing empty cells."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise UserError(
            f"{path}: XLSX needs openpyxl. Save the sheet as CSV, or install it:{to_install('xlsx')}"
        ) from None
    with reading_file(path, BadZipFile, KeyError, ValueError, SyntaxError):
        require_content(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about features that are not read, such as validation and styles
            book = load_workbook(path, read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            if len(book.worksheets) > 1:
                notices.append(f"{path}: only the first of its {len(book.worksheets)} sheets is read, {sheet.title!r}.")
            sheet.reset_dimensions()  # some writers say that the sheet is a single cell
            for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
                cells = [_as_text(value) for value in values]
                while cells and not cells[-1]:
                    cells.pop()
                if cells:
                    yield number, cells
        finally:
            book.close()


def _as_text(value: Any) -> str:
    """Formats a cell as in a CSV file: 1.0 as 1, and a date without a time of day as a date."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)
