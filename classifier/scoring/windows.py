"""Divides rows into windows, which are processed one at a time, and windows into shards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.data.fields import text_of
from classifier.data.parquet import read_batches
from classifier.data.row import Row
from classifier.errors import UserError

ARROW_ROWS = 2**16  # per batch of copied columns
WINDOW_CHARACTERS = 2**21  # maximum length of the texts of a window, except for the last text


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive rows: their values, texts and errors ("" if a row can be scored)."""

    shard: int
    values: list[dict[str, Any]]
    texts: list[str]
    errors: list[str]


@dataclass(frozen=True, slots=True)
class ChunkSizes:
    """Sizes of windows and shards.

    Args:
        window_rows: rows per window; fewer if the texts are long or the shard ends.
        shard_rows: rows per shard.
        refuse: whether a row that cannot be scored is an error.
    """

    window_rows: int
    shard_rows: int
    refuse: bool = False


def read_windows(
    rows: Iterator[tuple[str, Row]], texts: list[str], cut: ChunkSizes, shard: int = 0
) -> Iterator[Window]:
    """Yields the rows in windows; no window spans two shards. If there are no rows, yields one empty window.

    Args:
        rows: file names and rows, starting at the beginning of a shard.
        texts: text columns.
        cut: sizes of windows and shards.
        shard: number of the first shard.

    Raises:
        UserError: if `cut.refuse` is set and a row cannot be scored; the message names file, row and reason.
    """
    window, characters, inside = Window(shard, [], [], []), 0, 0
    for name, row in rows:
        text, problem, _ = text_of(row, texts)
        error = f"{name}:{row.number}: {problem}" if problem else ""
        if error and cut.refuse:
            raise UserError(f"{error}. Fix the row, or set on_error=keep to write the error instead of a label.")
        window.values.append(row.values)
        window.texts.append(text)
        window.errors.append(error)
        characters, inside = characters + len(text), inside + 1
        if inside == cut.shard_rows or len(window.texts) == cut.window_rows or characters >= WINDOW_CHARACTERS:
            yield window
            shard, inside = (shard + 1, 0) if inside == cut.shard_rows else (shard, inside)
            window, characters = Window(shard, [], [], []), 0
    if window.texts or (shard, inside) == (0, 0):
        yield window


class ArrowRows:
    """Reads the columns of Parquet files that are copied without conversion.

    Args:
        files: Parquet files.
        columns: columns to copy.
        skip: number of rows to skip at the beginning.
    """

    def __init__(self, files: Sequence[Path], columns: Sequence[str], skip: int = 0) -> None:
        self.batches = self.read(files, columns)
        self.rest: list[Any] = []
        if columns:
            for _ in self.pieces(skip):
                pass

    def read(self, files: Sequence[Path], columns: Sequence[str]) -> Iterator[Any]:
        for path in files:
            yield from read_batches(path, columns, ARROW_ROWS)

    def pieces(self, rows: int) -> Iterator[Any]:
        """Yields record batches with the next `rows` rows."""
        while rows:
            batch = self.rest.pop() if self.rest else next(self.batches)
            if batch.num_rows > rows:
                self.rest.append(batch.slice(rows))
                batch = batch.slice(0, rows)
            yield batch
            rows -= batch.num_rows
