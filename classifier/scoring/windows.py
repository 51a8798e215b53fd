"""Rows as they go through memory: a window at a time, whole windows to a shard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.data.fields import text_of
from classifier.data.parquet import read_batches
from classifier.data.row import Row
from classifier.errors import UserError

ARROW_ROWS = 2**16  # of a batch of columns that pass through
WINDOW_CHARACTERS = 2**21  # of text in a window, however few rows that may be


@dataclass(frozen=True, slots=True)
class Window:
    """Some rows: what passes through, the text of each, and why it cannot be scored, "" where it can."""

    shard: int
    values: list[dict[str, Any]]
    texts: list[str]
    errors: list[str]


@dataclass(frozen=True, slots=True)
class ChunkSizes:
    """Where windows and shards end.

    Args:
        window_rows: of a window, fewer where their texts are long or the shard ends.
        shard_rows: of a shard.
        refuse: whether a row that cannot be scored ends it all.
    """

    window_rows: int
    shard_rows: int
    refuse: bool = False


def read_windows(
    rows: Iterator[tuple[str, Row]], texts: list[str], cut: ChunkSizes, shard: int = 0
) -> Iterator[Window]:
    """The rows in their order; no window spans two shards. Where there is no row at all, one empty window.

    Args:
        rows: name of the file and row, from the beginning of a shard on.
        texts: columns of the text.
        cut: where windows end.
        shard: the first.

    Raises:
        UserError: naming file, row and reason, where `cut.refuse` is set.
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
    """The columns of Parquet files that pass through, as they are, taken so many rows at a time.

    Args:
        files: Parquet.
        columns: that pass through.
        skip: rows at the beginning that are not wanted.
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
        """Record batches with the next rows, so many in all."""
        while rows:
            batch = self.rest.pop() if self.rest else next(self.batches)
            if batch.num_rows > rows:
                self.rest.append(batch.slice(rows))
                batch = batch.slice(0, rows)
            yield batch
            rows -= batch.num_rows
