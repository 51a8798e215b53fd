"""Writes tables as CSV, TSV, JSON Lines or Parquet, with the columns of the input followed by the added columns."""

import contextlib
import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import numpy as np

from classifier.data.delimited import separator
from classifier.data.files import AnyPath, format_of
from classifier.data.lines import readable
from classifier.errors import UserError
from classifier.scoring.cells import as_json, as_text
from classifier.scoring.new_file import Unclosed, close_quietly, compressed
from classifier.scoring.windows import ArrowRows

DECIMALS = 7  # of probabilities in text files, the precision of float32; Parquet files contain the float32
LIST_SEPARATOR = "|"  # between the labels of a set in CSV and TSV
GROUP_ROWS, GROUP_BYTES = 2**17, 2**26  # limits of a Parquet row group, whichever is reached first


class Table(ABC):
    """A table to which rows are appended."""

    @abstractmethod
    def write(self, values: Sequence[dict[str, Any]], added: Sequence[Any]) -> None:
        """Appends rows; `added` has one array for each added column, in which missing values are masked."""

    def finish(self) -> None:  # noqa: B027  # most formats buffer nothing
        """Writes buffered rows."""

    def abandon(self) -> None:  # noqa: B027
        """Releases all resources; always called at the end."""


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """Options of the individual formats."""

    delimiter: str | None = None  # of CSV
    own_keys: bool = False  # JSON Lines: whether each object keeps exactly its own keys
    arrow: ArrowRows | None = None  # Parquet from Parquet: the columns to copy without conversion
    header: bool = True  # CSV and TSV: whether to write the column names first


@contextlib.contextmanager
def open_table(
    stream: BinaryIO, path: AnyPath, columns: dict[str, Any], added: dict[str, type], options: WriterOptions
) -> Iterator[Table]:
    """Yields a table in the format given by the extension of the path.

    Args:
        stream: binary stream to write to.
        path: name of the file.
        columns: columns that are copied from the input, with their Arrow types.
        added: added columns, with the type str, float, bool or list (of str).
        options: options of the individual formats.
    """
    with contextlib.ExitStack() as stack:
        match format_of(path):
            case "parquet":
                table: Table = ParquetTable(stream, columns, added, options.arrow)
            case "json":
                inner = stack.enter_context(compressed(stream, path))
                table = JsonLinesTable(inner, None if options.own_keys else list(columns), list(added))
            case kind:
                inner = stack.enter_context(compressed(stream, path))
                delimiter = "\t" if kind == "tsv" else separator(options.delimiter, kind)
                table = DelimitedTable(inner, list(columns), added, delimiter, options.header)
        stack.callback(table.abandon)
        yield table
        table.finish()


def cells(array: Any) -> list[Any]:
    """Returns the values of an added column, with None for missing values."""
    if isinstance(array, np.ma.MaskedArray) and array.dtype.kind == "f":
        array = array.astype(np.float64).round(DECIMALS)
    return array.tolist() if isinstance(array, np.ndarray) else list(array)


def as_cells(array: Any, kind: type) -> list[Any]:
    """Returns the values of an added column for CSV: true and false in lower case, lists joined with "|"."""
    values = cells(array)
    if kind is bool:
        return [None if value is None else str(value).lower() for value in values]
    return [None if value is None else LIST_SEPARATOR.join(value) for value in values] if kind is list else values


class DelimitedTable(Table):
    """CSV or TSV in UTF-8, quoted if necessary, with a line feed at the end of each row."""

    def __init__(
        self, stream: BinaryIO, columns: Sequence[str], added: dict[str, type], delimiter: str, header: bool
    ) -> None:
        self.columns, self.kinds = columns, list(added.values())
        # A lone surrogate, which JSON can escape but UTF-8 cannot represent, becomes a question mark.
        self.text = io.TextIOWrapper(cast(Any, Unclosed(stream)), encoding="utf-8", errors="replace", newline="")
        # Python before 3.13 quotes a lone carriage return only if it is part of the line terminator.
        self.writer = csv.writer(LineFeeds(self.text), delimiter=delimiter, lineterminator="\r\n")
        if header:
            self.writer.writerow([*columns, *added])

    def write(self, values: Sequence[dict[str, Any]], added: Sequence[Any]) -> None:
        columns = self.columns
        given = [[as_text(row.get(column)) for row in values] for column in columns]
        self.writer.writerows(zip(*given, *map(as_cells, added, self.kinds), strict=True))

    def finish(self) -> None:
        self.text.flush()

    def abandon(self) -> None:
        close_quietly(self.text)


class LineFeeds:
    """Replaces the CR LF at the end of each row with a line feed."""

    def __init__(self, text: io.TextIOBase) -> None:
        self.text = text

    def write(self, row: str) -> int:
        return self.text.write(row[:-2] + "\n")


class JsonLinesTable(Table):
    """One object per line in UTF-8; `columns` is None if each object keeps its own keys."""

    def __init__(self, stream: BinaryIO, columns: Sequence[str] | None, names: Sequence[str]) -> None:
        self.stream, self.columns, self.names = stream, columns, names

    def write(self, values: Sequence[dict[str, Any]], added: Sequence[Any]) -> None:
        for given, *found in zip(values, *map(cells, added), strict=True):
            if self.columns is not None:
                given = {column: given[column] for column in self.columns if column in given}
            line = as_json({**given, **dict(zip(self.names, found, strict=True))})
            self.stream.write(line.encode() + b"\n")


class ParquetTable(Table):
    """Parquet, compressed with zstd; columns from Parquet files of any type are copied without conversion."""

    def __init__(
        self, stream: BinaryIO, columns: dict[str, Any], added: dict[str, type], arrow: ArrowRows | None
    ) -> None:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        self.columns = list(columns)
        self.given = [pa.field(readable(name), kind) for name, kind in columns.items()]
        types = {str: pa.string(), float: pa.float32(), bool: pa.bool_(), list: pa.list_(pa.string())}
        self.added = [pa.field(name, types[kind]) for name, kind in added.items()]
        self.arrow = arrow
        self.waiting: list[Any] = []
        self.schema = pa.schema([*self.given, *self.added])
        self.writer = ParquetWriter(Unclosed(stream), self.schema, compression="zstd")

    def write(self, values: Sequence[dict[str, Any]], added: Sequence[Any]) -> None:
        import pyarrow as pa

        arrays = [added_array(array, field.type) for array, field in zip(added, self.added, strict=True)]
        if self.arrow is not None:
            batches = list(self.arrow.pieces(len(values))) if self.given else []
            given = [pa.chunked_array([batch[i] for batch in batches], f.type) for i, f in enumerate(self.given)]
        else:
            named = zip(self.columns, self.given, strict=True)
            given = [column_array([row.get(name) for row in values], field) for name, field in named]
        self.waiting.append(pa.table([*given, *arrays], schema=self.schema))
        if (
            sum(table.num_rows for table in self.waiting) >= GROUP_ROWS
            or sum(table.nbytes for table in self.waiting) >= GROUP_BYTES
        ):
            self.write_group()

    def write_group(self) -> None:
        import pyarrow as pa

        if self.waiting:
            self.writer.write_table(pa.concat_tables(self.waiting), row_group_size=GROUP_ROWS * 2)
        self.waiting = []

    def finish(self) -> None:
        self.write_group()
        self.writer.close()

    def abandon(self) -> None:
        close_quietly(self.writer)


def added_array(array: Any, kind: Any) -> Any:
    """Converts an added column to Arrow, with null for masked values."""
    import pyarrow as pa

    if isinstance(array, np.ma.MaskedArray) and kind != pa.list_(pa.string()):
        return pa.array(np.ascontiguousarray(array.data), kind, mask=np.ma.getmaskarray(array))
    if kind == pa.list_(pa.string()):
        return pa.array(cells(array), kind)
    return pa.array([None if value is None else readable(value) for value in array], kind)


def column_array(values: Sequence[Any], field: Any) -> Any:
    """Converts an input column to Arrow; in a string column, other values are formatted as strings."""
    import pyarrow as pa

    if field.type == pa.string():
        values = [None if value is None else readable(as_text(value)) for value in values]
    try:
        return pa.array(values, field.type)
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise UserError(
            f"Column {field.name!r} has changed since the file was first read ({error}). Score the file again."
        ) from None
