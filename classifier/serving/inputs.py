"""The files to score: looked through once before anything is computed, then streamed."""

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.data.delimited import delimited_columns, separator
from classifier.data.fields import text_of
from classifier.data.files import format_of, reading
from classifier.data.parquet import parquet_columns
from classifier.data.rows import check_columns, read_rows
from classifier.errors import UserError
from classifier.serving.cells import arrow_type, kind_of

CHUNK_CHARACTERS = 2**23  # of text in a chunk, however few rows that may be


@dataclass(frozen=True, slots=True)
class Source:
    """The files to score and how to read them."""

    files: list[Path]
    texts: list[str]  # the columns of the text
    columns: list[str] | None = None  # that pass through; None: all there are
    encoding: str = "utf-8"
    delimiter: str | None = None

    def formats(self) -> set[str]:
        return {format_of(path) for path in self.files}


@dataclass(slots=True)
class Survey:
    """What is known of the files before the first row is scored."""

    rows: int
    columns: list[str]  # that pass through, in their order
    types: dict[str, Any]  # Arrow type of each, where the output is Parquet


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows: what passes through, the text of each, and why it cannot be scored, if so."""

    values: list[dict[str, Any]]
    texts: list[str]
    problems: list[str]


@contextmanager
def own_words() -> Iterator[None]:
    """What the data room refuses, with the keys as they are called here: text, not data.text."""
    try:
        yield
    except UserError as error:
        raise UserError(renamed(str(error))) from error


def renamed(message: str) -> str:
    """The message with text for data.text, and so on."""
    return re.sub(r"\bdata\.(?=(text|encoding|delimiter)(=| to ))", "", message)


def check_headers(source: Source) -> list[str]:
    """The columns that pass through, as far as the beginnings of the files tell.

    Raises:
        UserError: where a file cannot be read, lacks a column, or has other columns than the first.
    """
    first: tuple[Path, list[str]] | None = None
    for path in source.files:
        check_columns(path, source.texts, encoding=source.encoding, delimiter=source.delimiter)
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
        case kind:
            return delimited_columns(path, source.encoding, separator(source.delimiter, kind))


def require_columns(chosen: Sequence[str], names: Sequence[str], place: str) -> None:
    """Raises UserError, with the nearest name there is, where one of the chosen is missing."""
    for column in chosen:
        if column not in names:
            near = difflib.get_close_matches(column, names, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]!r}?" if near else f"Its columns are {', '.join(map(repr, names[:20]))}."
            raise UserError(f"columns: {place} has no column {column!r}. {hint}")


def survey(source: Source, typed: bool, seen: Callable[[int], None]) -> Survey:
    """Reads every text file to its end, so that damage is found before hours are spent on what precedes it.

    Args:
        source: the files.
        typed: whether the types of the columns are wanted.
        seen: is told how many more rows have gone by.

    Raises:
        UserError: where a file cannot be read to its end, a chosen column occurs nowhere, or types do not agree.
    """
    rows = 0
    kinds: dict[str, set[str]] = {}  # of the values of each key of JSON Lines
    for path in source.files:
        if format_of(path) == "parquet":
            rows += parquet_rows(path)
            continue
        for row in read_rows(path, encoding=source.encoding, delimiter=source.delimiter):
            rows += 1
            if format_of(path) == "json":
                for key, value in row.values.items():
                    kinds.setdefault(key, set()).add(kind_of(value))
            if not rows % 1000:
                seen(1000)
    headers = [names for path in source.files if (names := header(path, source)) is not None]
    columns = [*headers[0], *(key for key in kinds if key not in headers[0])] if headers else list(kinds)
    if source.columns is not None:
        if kinds:
            require_columns(source.columns, columns, "the input")
        columns = source.columns
    return Survey(rows, columns, column_types(source, columns, kinds) if typed else {name: None for name in columns})


def parquet_rows(path: Path) -> int:
    """How many rows the file says it has."""
    from pyarrow import ArrowException
    from pyarrow.parquet import read_metadata

    with reading(path, ArrowException):
        return read_metadata(path).num_rows


def column_types(source: Source, columns: Sequence[str], kinds: dict[str, set[str]]) -> dict[str, Any]:
    """The Arrow type of each column: of Parquet its own, of JSON Lines one that holds all values, else strings.

    Raises:
        UserError: where two Parquet files do not agree.
    """
    import pyarrow as pa

    if source.formats() == {"json"}:
        return {column: arrow_type(kinds.get(column, set())) for column in columns}
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


def read_chunks(source: Source, wanted: Sequence[str] | None, rows: int) -> Iterator[Chunk]:
    """The rows of all files, in their order, so many at a time; a chunk may span files.

    Args:
        source: the files.
        wanted: columns to take from Parquet files; None: all.
        rows: of a chunk, fewer where their texts are long.
    """
    chunk, characters = Chunk([], [], []), 0
    for path in source.files:
        for row in read_rows(path, encoding=source.encoding, delimiter=source.delimiter, columns=wanted):
            text, problem, _ = text_of(row, source.texts)
            chunk.values.append(row.values)
            chunk.texts.append(text)
            chunk.problems.append(f"{path.name}:{row.number}: {renamed(problem)}" if problem else "")
            characters += len(text)
            if len(chunk.texts) == rows or characters >= CHUNK_CHARACTERS:
                yield chunk
                chunk, characters = Chunk([], [], []), 0
    if chunk.texts:
        yield chunk


class ArrowRows:
    """The columns of Parquet files that pass through, as they are, taken so many rows at a time."""

    def __init__(self, files: Sequence[Path], columns: Sequence[str]) -> None:
        self.batches = self.read(files, columns)
        self.rest: list[Any] = []

    def read(self, files: Sequence[Path], columns: Sequence[str]) -> Iterator[Any]:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

        for path in files:
            with reading(path, ArrowException), open(path, "rb") as stream, ParquetFile(stream) as file:
                for batch in file.iter_batches(columns=list(columns)):
                    yield batch.select(list(columns))  # the file has them in its own order

    def take(self, rows: int) -> list[Any]:
        """Record batches with the next rows, so many in all."""
        taken = []
        while rows:
            batch = self.rest.pop() if self.rest else next(self.batches)
            if batch.num_rows > rows:
                self.rest.append(batch.slice(rows))
                batch = batch.slice(0, rows)
            taken.append(batch)
            rows -= batch.num_rows
        return taken
