"""The input of a scoring: files, columns, and a survey of the rows before the first row is scored."""

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.data.fields import text_columns
from classifier.data.files import Piped, file_sha256, format_of, reading
from classifier.data.parquet import parquet_columns, partitions
from classifier.data.row import Row
from classifier.data.rows import check_columns, open_rows, read_rows, require_column, require_header
from classifier.errors import UserError
from classifier.scoring.cells import arrow_type, kind_of
from classifier.settings import Reading


@dataclass(frozen=True, slots=True)
class Source:
    """Files to score, and how to read them."""

    files: Sequence[Path]
    reading: Reading
    columns: list[str] | None = None  # columns to copy; None: all

    @property
    def texts(self) -> list[str]:
        """The text columns."""
        return text_columns(self.reading.text)

    def formats(self) -> set[str]:
        return {format_of(path) for path in self.files}

    def rows(self, wanted: Sequence[str] | None) -> Iterator[tuple[str, Row]]:
        """Yields every row with the name of its file; from Parquet, only the wanted columns (None: all)."""
        for path in self.files:
            name = name_in_folders(path)
            for row in read_rows(path, self.reading, wanted):
                yield name, row

    def identity(self) -> list[list[str]]:
        """Returns name and SHA-256 of each file."""
        return [[name_in_folders(path), file_sha256(path)] for path in self.files]


def name_in_folders(path: Path) -> str:
    """Returns the name of a file, including the folders that define partition columns."""
    depth = len(partitions(path)) if format_of(path) == "parquet" else 0
    return "/".join(path.parts[-depth - 1 :])


@dataclass(slots=True)
class Survey:
    """Result of reading all files once; can be stored as JSON."""

    rows: int
    kinds: dict[str, list[str]]  # kinds of the values of each key of JSON Lines
    notices: list[str]  # notices for the user about the files


def check_headers(source: Source) -> list[str]:
    """Returns the columns to copy, as far as the headers of the files define them.

    Raises:
        UserError: if a file cannot be read, lacks a column, or has other columns than the first file.
    """
    first: tuple[Path, list[str]] | None = None
    for path in source.files:
        check_columns(path, source.reading)
        names = header(path, source)
        if names is None:  # JSON Lines: later rows may have further columns
            continue
        if source.columns is not None:
            require_columns(source.columns, names, str(path))
        elif first is None:
            first = path, names
        elif odd := set(names) ^ set(first[1]):
            raise UserError(
                f"{first[0]} and {path} do not have the same columns: only one of them has {min(odd)!r}. Choose "
                "columns that both have with columns=[...], or score them one by one."
            )
    return source.columns or (first[1] if first else [])


def header(path: Path, source: Source) -> list[str] | None:
    """Returns the column names in order; None for JSON Lines, in which each row has its own columns."""
    match format_of(path):
        case "json":
            return None
        case "parquet":
            return list(parquet_columns(path))
        case _:
            return open_rows(path, source.reading, [])[0]


def require_columns(chosen: Sequence[str], names: Sequence[str], place: str) -> None:
    """Raises UserError, with the most similar name, if one of the chosen columns is missing."""
    for column in chosen:
        if column not in names:
            near = difflib.get_close_matches(column, names, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]!r}?" if near else f"Its columns are {', '.join(map(repr, names[:20]))}."
            raise UserError(f"columns: {place} has no column {column!r}. {hint}")


def open_piped(source: Source, piped: Piped, notices: list[str]) -> tuple[list[str], Iterator[tuple[str, Row]]]:
    """Returns the columns to copy, which are unknown for JSON Lines, and the rows of standard input.

    Raises:
        UserError: if a column is missing.
    """
    if format_of(piped) == "json":
        rows = read_rows(piped, source.reading)
        return source.columns or [], ((piped.name, row) for row in rows)
    names, rows = open_rows(piped, source.reading, notices)
    require_header(piped, source.texts, names, rows)
    for column in source.texts:
        require_column(piped, column, names, "data.text")
    if source.columns is not None:
        require_columns(source.columns, names, piped.name)
    return names if source.columns is None else source.columns, ((piped.name, row) for row in rows)


def survey(source: Source, advance: Callable[[int], None]) -> Survey:
    """Reads every text file completely, so that damaged files are found before hours are spent on scoring.

    Args:
        source: the files.
        advance: called with the number of rows read since the last call.

    Raises:
        UserError: if a file cannot be read completely.
    """
    known = Survey(0, {}, [])
    for path in source.files:
        kind = format_of(path)
        if kind == "parquet":
            known.rows += parquet_rows(path)
            continue
        for row in read_rows(path, source.reading, notices=known.notices):
            known.rows += 1
            if kind == "json":
                for key, value in row.values.items():
                    kinds = known.kinds.setdefault(key, [])
                    if (found := kind_of(value)) not in kinds:
                        kinds.append(found)
            if not known.rows % 1000:
                advance(1000)
    return known


def parquet_rows(path: Path) -> int:
    """Returns the number of rows in the metadata of the file."""
    from pyarrow import ArrowException
    from pyarrow.parquet import read_metadata

    with reading(path, ArrowException):
        return read_metadata(path).num_rows


def passing_columns(source: Source, known: Survey) -> list[str]:
    """Returns the columns to copy, in order.

    Raises:
        UserError: if a chosen column does not occur.
    """
    headers = [names for path in source.files if (names := header(path, source)) is not None]
    first = headers[0] if headers else []
    columns = [*first, *(key for key in known.kinds if key not in first)]
    if source.columns is None:
        return columns
    if known.kinds:
        require_columns(source.columns, columns, "the input")
    return source.columns


def column_types(source: Source, columns: Sequence[str], kinds: dict[str, list[str]]) -> dict[str, Any]:
    """Returns the Arrow types: those of Parquet files, a common type of all values for JSON Lines, or string.

    Raises:
        UserError: if the types in two Parquet files differ.
    """
    import pyarrow as pa

    if source.formats() == {"json"}:
        return {column: arrow_type(set(kinds.get(column, ()))) for column in columns}
    if source.formats() != {"parquet"}:
        return dict.fromkeys(columns, pa.string())
    first, *others = [parquet_columns(path) for path in source.files]
    for path, types in zip(source.files[1:], others, strict=True):
        for column in columns:
            if types[column] != first[column]:
                raise UserError(
                    f"{path}: column {column!r} is of type {types[column]}, but {first[column]} in {source.files[0]}. "
                    "Leave it out with columns=[...], or score the files one by one."
                )
    return {column: first[column] for column in columns}
