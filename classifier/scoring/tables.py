"""A table as it is written: CSV, TSV, JSON Lines or Parquet, the input's columns, then those of scoring."""

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

DECIMALS = 7  # of a probability in a text file; float32 knows no more. Parquet holds the float32 itself
GROUP_ROWS, GROUP_BYTES = 2**17, 2**26  # of a Parquet row group, whichever is reached first


class Table(ABC):
    """Takes rows, some at a time; `added` holds one array a column, masked where there is no value."""

    @abstractmethod
    def write(self, values: Sequence[dict[str, Any]], added: Sequence[Any]) -> None:
        """Appends so many rows."""

    def finish(self) -> None:  # noqa: B027  # most hold nothing back
        """Writes what is still held back."""

    def abandon(self) -> None:  # noqa: B027
        """Lets go of everything; called at the end in any case."""


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """What the writer of one format needs to know."""

    delimiter: str | None = None  # of CSV
    own_keys: bool = False  # of JSON Lines: whether each object passes with the keys it has
    arrow: ArrowRows | None = None  # of Parquet from Parquet: the columns that pass through, untouched
    headed: bool = True  # of CSV and TSV: whether the names of the columns come first


@contextlib.contextmanager
def open_table(
    stream: BinaryIO, path: AnyPath, columns: dict[str, Any], added: dict[str, type], how: WriterOptions
) -> Iterator[Table]:
    """The table that the ending of the path asks for.

    Args:
        stream: where its bytes go.
        path: its name.
        columns: that pass through from the input, with the Arrow type of each.
        added: the other columns, with str or float for each.
        how: what only one format needs.
    """
    with contextlib.ExitStack() as stack:
        match format_of(path):
            case "parquet":
                table: Table = ParquetTable(stream, columns, added, how.arrow)
            case "json":
                inner = stack.enter_context(compressed(stream, path))
                table = JsonLinesTable(inner, None if how.own_keys else list(columns), list(added))
            case kind:
                inner = stack.enter_context(compressed(stream, path))
                mark = "\t" if kind == "tsv" else separator(how.delimiter, kind)
                table = DelimitedTable(inner, list(columns), list(added), mark, how.headed)
        stack.callback(table.abandon)
        yield table
        table.finish()


def cells(array: Any) -> list[Any]:
    """The values of an added column, None where there is none."""
    if isinstance(array, np.ma.MaskedArray) and array.dtype.kind == "f":
        array = array.astype(np.float64).round(DECIMALS)
    return array.tolist() if isinstance(array, np.ndarray) else list(array)


class DelimitedTable(Table):
    """CSV or TSV in UTF-8, quoted where needed, with the line feed alone at the end of a row."""

    def __init__(
        self, stream: BinaryIO, columns: Sequence[str], names: Sequence[str], delimiter: str, headed: bool
    ) -> None:
        self.columns = columns
        # A lone surrogate, which JSON can escape and UTF-8 cannot hold, becomes a question mark.
        self.text = io.TextIOWrapper(cast(Any, Unclosed(stream)), encoding="utf-8", errors="replace", newline="")
        # Python before 3.13 quotes a lone carriage return only where it is part of the line's end.
        self.writer = csv.writer(LineFeeds(self.text), delimiter=delimiter, lineterminator="\r\n")
        if headed:
            self.writer.writerow([*columns, *names])

    def write(self, values: Sequence[dict[str, Any]], added: Sequence[Any]) -> None:
        columns = self.columns
        given = [[as_text(row.get(column)) for row in values] for column in columns]
        self.writer.writerows(zip(*given, *map(cells, added), strict=True))

    def finish(self) -> None:
        self.text.flush()

    def abandon(self) -> None:
        close_quietly(self.text)


class LineFeeds:
    """Passes rows that end in CR LF on with the line feed alone."""

    def __init__(self, text: io.TextIOBase) -> None:
        self.text = text

    def write(self, row: str) -> int:
        return self.text.write(row[:-2] + "\n")


class JsonLinesTable(Table):
    """One object a line, in UTF-8; `columns` is None where each passes with its own keys."""

    def __init__(self, stream: BinaryIO, columns: Sequence[str] | None, names: Sequence[str]) -> None:
        self.stream, self.columns, self.names = stream, columns, names

    def write(self, values: Sequence[dict[str, Any]], added: Sequence[Any]) -> None:
        for given, *found in zip(values, *map(cells, added), strict=True):
            if self.columns is not None:
                given = {column: given[column] for column in self.columns if column in given}
            line = as_json({**given, **dict(zip(self.names, found, strict=True))})
            self.stream.write(line.encode() + b"\n")


class ParquetTable(Table):
    """Parquet, compressed with zstd; columns of Parquet files pass through as they are, whatever their type."""

    def __init__(
        self, stream: BinaryIO, columns: dict[str, Any], added: dict[str, type], arrow: ArrowRows | None
    ) -> None:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        self.columns = list(columns)
        self.given = [pa.field(readable(name), kind) for name, kind in columns.items()]
        self.added = [pa.field(name, pa.string() if kind is str else pa.float32()) for name, kind in added.items()]
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
    """An added column in Arrow, null where it is masked."""
    import pyarrow as pa

    if isinstance(array, np.ma.MaskedArray):
        return pa.array(np.ascontiguousarray(array.data), kind, mask=np.ma.getmaskarray(array))
    return pa.array([None if value is None else readable(value) for value in array], kind)


def column_array(values: Sequence[Any], field: Any) -> Any:
    """A column of the input in Arrow; what is no string is written as one where the column is of strings."""
    import pyarrow as pa

    if field.type == pa.string():
        values = [None if value is None else readable(as_text(value)) for value in values]
    try:
        return pa.array(values, field.type)
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise UserError(
            f"Column {field.name!r} no longer holds what it held when the file was looked through ({error}). The file "
            "was changed meanwhile; score it again."
        ) from None
