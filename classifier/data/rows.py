"""Reads a file of any format as a stream of rows, in constant memory."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from classifier.data.delimited import NO_HEADER, looks_like_data, open_delimited
from classifier.data.fields import text_columns
from classifier.data.files import FORMATS, AnyPath, file_sha256, find_files, format_of
from classifier.data.json_lines import LOOKAHEAD, json_columns, read_json
from classifier.data.parquet import check_types, parquet_columns, read_parquet
from classifier.data.plain_text import COLUMN, read_plain_text
from classifier.data.row import Row
from classifier.data.xlsx import open_xlsx
from classifier.errors import UserError
from classifier.settings import Reading

__all__ = ["FORMATS", "Row", "check_columns", "file_sha256", "find_files", "read_rows"]


def read_rows(
    path: AnyPath, reading: Reading, columns: Sequence[str] | None = None, notices: list[str] | None = None
) -> Iterator[Row]:
    """Yields the rows of a file of any format; blank lines are skipped, except in plain text.

    An error that affects a single row is stored in its `problem`.

    Args:
        path: path of the file.
        reading: how to read the file.
        columns: columns to read from a Parquet file; None means all.
        notices: list to which notices about the file are added; complete once the last row has been read.

    Raises:
        UserError: during the iteration, if the file as a whole cannot be read.
    """
    match format_of(path):
        case "parquet":
            yield from read_parquet(Path(path), columns)
        case "json":
            yield from read_json(path, reading.encoding)
        case _:
            yield from open_rows(path, reading, [] if notices is None else notices)[1]


def open_rows(path: AnyPath, reading: Reading, notices: list[str]) -> tuple[list[str], Iterator[Row]]:
    """Returns the columns and rows of a file whose first row determines the columns."""
    match format_of(path):
        case "text":
            return [COLUMN], read_plain_text(path, reading.encoding)
        case "xlsx":
            return open_xlsx(Path(path), reading, notices)
        case _:
            return open_delimited(path, reading, notices)


def columns_of(path: str | Path, reading: Reading) -> list[str]:
    """Returns the names of the columns of a file; for JSON, those of its first rows."""
    match format_of(path):
        case "parquet":
            return list(parquet_columns(path))
        case "json":
            return json_columns(path, reading.encoding)
        case _:
            return open_rows(path, reading, [])[0]


def check_columns(path: str | Path, reading: Reading, labels: Sequence[str] = ()) -> None:
    """Raises UserError if a column is missing from the file or has an unsuitable type.

    Args:
        path: path of the file.
        reading: how to read the file, with the columns of the text.
        labels: columns of the labels, if there are any.
    """
    texts = text_columns(reading.text)
    if twice := [column for column in texts if texts.count(column) > 1]:
        raise UserError(f"data.text names {twice[0]!r} twice; each column is joined once.")
    for label in labels:
        if label in texts:
            raise UserError(f"{path}: data.text and data.label both name the column {label!r}; change one of them.")
    kind = format_of(path)
    if kind == "text" and labels:
        raise UserError(f"{path}: plain text has no labels. Name a file with a column of texts and one of labels.")
    names = columns_of(path, reading)
    if kind not in ("parquet", "json"):
        require_header(path, [*texts, *labels], *open_rows(path, reading, []))
    # If no row of a JSON file can be read, there are no names; the rows have the reasons.
    if names or kind == "parquet":
        for column in [*texts, *labels]:
            require_column(path, column, names, "data.label" if column in labels else "data.text")
    if kind == "parquet":
        check_types(path, texts, labels)


def require_header(path: AnyPath, columns: Sequence[str], names: list[str], rows: Iterator[Row]) -> None:
    """Raises UserError if a column is missing and the file seems to begin with a row instead of a header."""
    is_table = format_of(path) in ("csv", "tsv", "xlsx")
    if is_table and any(column not in names for column in columns) and looks_like_data(names, rows):
        raise UserError(f"{path}: its first line looks like a row, not like a header. {NO_HEADER}")


def require_column(path: AnyPath, column: str, names: Sequence[str], key: str) -> None:
    """Raises UserError, with the most similar name, if the column is missing; `key` is the setting that names it."""
    require_name(path, column, names, key, f" in its first {LOOKAHEAD:,} rows" if format_of(path) == "json" else "")


def require_name(path: AnyPath, column: str, names: Sequence[str], key: str, where: str = "") -> None:
    """As `require_column`; `where` ends "has no column 'text'"."""
    if column in names:
        return
    near = difflib.get_close_matches(column, names, n=1, cutoff=0.5)
    shown = ", ".join(repr(name[:40]) for name in names[:20]) + (", ..." if len(names) > 20 else "")
    raise UserError(
        f"{path} has no column {column!r}{where}."
        + (f" Did you mean {near[0]!r}?" if near else "")
        + f" Its columns are {shown}; name yours with {key}=."
    )
