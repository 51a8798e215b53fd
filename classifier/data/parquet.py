"""Reads rows from Parquet files in batches; only the requested columns are read from disk."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from classifier.data.files import reading, require_content
from classifier.data.row import Row
from classifier.errors import UserError

BATCH = 4096  # rows decoded at a time
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"  # folder of the rows without a value


def read_parquet(path: str | Path, columns: Sequence[str] | None = None) -> Iterator[Row]:
    return rows_of(read_batches(path, columns))


def rows_of(batches: Iterable[Any]) -> Iterator[Row]:
    """Yields the rows of Arrow batches, numbered from 1."""
    number = 0
    for batch in batches:
        names = batch.schema.names
        cells, problems = zip(*map(_cells, batch.columns, names), strict=True)
        problem_at = {place: problem for found in problems for place, problem in found.items()}
        for place, values in enumerate(zip(*cells, strict=True)):
            number += 1
            yield Row(number, dict(zip(names, values, strict=True)), *problem_at.get(place, ()))


def read_batches(path: str | Path, columns: Sequence[str] | None, rows: int = BATCH) -> Iterator[Any]:
    """Yields batches of `rows` rows with the given columns; None means all columns, those of partitions last."""
    import pyarrow as pa

    with open_parquet(path) as file:
        own = file.schema_arrow.names
        added = {name: value for name, value in partitions(path).items() if name not in own}
        columns = [*own, *added] if columns is None else columns
        wanted = [name for name in columns if name in own or name in added]
        for batch in file.iter_batches(batch_size=rows, columns=[name for name in wanted if name in own]):
            arrays = [
                pa.repeat(pa.scalar(added[name], pa.string()), batch.num_rows) if name in added else batch.column(name)
                for name in wanted
            ]
            yield pa.RecordBatch.from_arrays(arrays, wanted)


def partitions(path: str | Path) -> dict[str, str | None]:
    """Returns the partition columns that the folders above the file define, as in Hive and Spark; values are text.

    >>> partitions("lake/year=2024/month=01/part-0.parquet")
    {'year': '2024', 'month': '01'}
    """
    found: dict[str, str | None] = {}
    for folder in Path(path).parents:
        name, equals, value = folder.name.partition("=")
        if not (name and equals):
            break
        found[unquote(name)] = None if value == HIVE_NULL else unquote(value)
    return dict(reversed(found.items()))


def parquet_columns(path: str | Path) -> dict[str, Any]:
    """Returns the Arrow type of each column."""
    import pyarrow as pa

    with open_parquet(path) as file:
        own = dict(zip(file.schema_arrow.names, file.schema_arrow.types, strict=True))
    return {**own, **{name: pa.string() for name in partitions(path) if name not in own}}


def check_types(path: str | Path, texts: Sequence[str], labels: Sequence[str]) -> None:
    """Raises UserError if the type of a column is not suitable for texts or labels."""
    check_arrow_types(path, parquet_columns(path), texts, labels)


def check_arrow_types(path: str | Path, types: Mapping[str, Any], texts: Sequence[str], labels: Sequence[str]) -> None:
    """Raises UserError if an Arrow type, by column, is not suitable for texts or labels."""
    for column in texts:
        if not _is_text(types[column]):
            raise UserError(
                f"{path}: column {column!r} is of type {types[column]}, not text. Name another with data.text=."
            )
    for label in labels:
        if not _is_label(types[label]):
            raise UserError(
                f"{path}: column {label!r} is of type {types[label]}; a label is a string, a number, a boolean or a "
                "list of these. Name another with data.label=."
            )


@contextmanager
def open_parquet(path: str | Path) -> Iterator[Any]:
    """Opens a file and keeps one row group at a time in memory; by default, Arrow keeps everything that was read.

    Raises:
        UserError: if the file is not a Parquet file, or two of its columns have the same name.
    """
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    with reading(path, ArrowException):
        require_content(path)
        with open(path, "rb") as stream, ParquetFile(stream, pre_buffer=False) as file:
            name, count = Counter(file.schema_arrow.names).most_common(1)[0] if file.schema_arrow.names else ("", 0)
            if count > 1:
                raise UserError(f"{path}: {count} columns are named {name!r}; rename all but one.")
            yield file


def _cells(column: Any, name: str) -> tuple[list[Any], dict[int, tuple[str, str]]]:
    """Returns the values of a column, and (problem, column) by the index of each value that Python cannot represent."""
    from pyarrow import types

    try:
        if types.is_float32(column.type) or types.is_float16(column.type):
            return _shortest(column), {}
        return column.to_pylist(), {}
    except (ValueError, OverflowError):
        pass
    values, problems = [], {}
    for place, scalar in enumerate(column):
        try:
            values.append(scalar.as_py())
        except UnicodeDecodeError as error:
            values.append(error.object.decode(errors="replace"))
            problems[place] = (f"byte 0x{error.object[error.start]:02X} is not valid utf-8", name)
        except (ValueError, OverflowError) as error:
            values.append(None)
            problems[place] = (f"the value cannot be read: {error}", name)
    return values, problems


def _shortest(column: Any) -> list[float | None]:
    """Converts half and single floats to their shortest decimals, as pandas does: 0.1, not 0.10000000149011612."""
    decimals = column.to_numpy(zero_copy_only=False).astype(str).tolist()
    return [
        float(decimal) if valid else None
        for decimal, valid in zip(decimals, column.is_valid().to_pylist(), strict=True)
    ]


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    kind = kind.value_type if types.is_dictionary(kind) else kind
    return any(test(kind) for test in (types.is_string, types.is_large_string, types.is_string_view, types.is_null))


def _is_label(kind: Any) -> bool:
    from pyarrow import types

    if types.is_struct(kind) and kind.names == ["choices"]:  # from Label Studio, see label_of
        kind = kind.field(0).type
    if types.is_list(kind) or types.is_large_list(kind) or types.is_dictionary(kind):
        kind = kind.value_type
    return _is_text(kind) or any(test(kind) for test in (types.is_integer, types.is_boolean, types.is_floating))
