"""The rows to score: which files, which columns, and what can be known before the first row is scored."""

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
    """The files to score and how to read them."""

    files: Sequence[Path]
    reading: Reading
    columns: list[str] | None = None  # that pass through; None: all there are

    @property
    def texts(self) -> list[str]:
        """The columns of the text."""
        return text_columns(self.reading.text)

    def formats(self) -> set[str]:
        return {format_of(path) for path in self.files}

    def rows(self, wanted: Sequence[str] | None) -> Iterator[tuple[str, Row]]:
        """Every row with the name of its file; of Parquet only the columns wanted, None for all."""
        for path in self.files:
            name = name_in_folders(path)
            for row in read_rows(path, self.reading, wanted):
                yield name, row

    def identity(self) -> list[list[str]]:
        """Name and SHA-256 of each file."""
        return [[name_in_folders(path), file_sha256(path)] for path in self.files]


def name_in_folders(path: Path) -> str:
    """The name of a file, with the folders whose names are columns."""
    depth = len(partitions(path)) if format_of(path) == "parquet" else 0
    return "/".join(path.parts[-depth - 1 :])


@dataclass(slots=True)
class Survey:
    """What a look through the whole files tells; JSON holds it."""

    rows: int
    kinds: dict[str, list[str]]  # of the values of each key of JSON Lines
    notices: list[str]  # what a person should know of how the files are read


def check_headers(source: Source) -> list[str]:
    """The columns that pass through, as far as the beginnings of the files tell.

    Raises:
        UserError: where a file cannot be read, lacks a column, or has other columns than the first.
    """
    first: tuple[Path, list[str]] | None = None
    for path in source.files:
        check_columns(path, source.reading)
        names = header(path, source)
        if names is None:  # JSON Lines: a later row may yet have what the first lack
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
    """The names of the columns in their order; None for JSON Lines, where each row has its own."""
    match format_of(path):
        case "json":
            return None
        case "parquet":
            return list(parquet_columns(path))
        case _:
            return open_rows(path, source.reading, [])[0]


def require_columns(chosen: Sequence[str], names: Sequence[str], place: str) -> None:
    """Raises UserError, with the nearest name there is, where one of the chosen is missing."""
    for column in chosen:
        if column not in names:
            near = difflib.get_close_matches(column, names, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]!r}?" if near else f"Its columns are {', '.join(map(repr, names[:20]))}."
            raise UserError(f"columns: {place} has no column {column!r}. {hint}")


def open_piped(source: Source, piped: Piped, notices: list[str]) -> tuple[list[str], Iterator[tuple[str, Row]]]:
    """The columns that pass through, none known of JSON Lines, and the rows of standard input.

    Raises:
        UserError: where it lacks a column.
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


def survey(source: Source, seen: Callable[[int], None]) -> Survey:
    """Reads every text file to its end, so that damage is found before hours are spent on what precedes it.

    Args:
        source: the files.
        seen: is told how many more rows have gone by.

    Raises:
        UserError: where a file cannot be read to its end.
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
                seen(1000)
    return known


def parquet_rows(path: Path) -> int:
    """How many rows the file says it has."""
    from pyarrow import ArrowException
    from pyarrow.parquet import read_metadata

    with reading(path, ArrowException):
        return read_metadata(path).num_rows


def passing_columns(source: Source, known: Survey) -> list[str]:
    """The columns that pass through, in their order.

    Raises:
        UserError: where a chosen one occurs nowhere.
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
    """The Arrow type of each column: of Parquet its own, of JSON Lines one that holds all values, else strings.

    Raises:
        UserError: where two Parquet files do not agree.
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
