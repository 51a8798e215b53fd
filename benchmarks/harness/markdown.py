"""Tables, medians with their range, and the marked blocks of a page."""

import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from classifier.files import write_text


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """A line for each row, below the names of its cells; all columns but the first are aligned to the right.

    >>> print(table([{"data": "trec6", "rows/s": 10}]))
    | data | rows/s |
    | --- | ---: |
    | trec6 | 10 |
    """
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [line(columns), *(line([row.get(column, "–") for column in columns]) for row in rows)]
    return "\n".join([lines[0], f"| --- |{' ---: |' * (len(columns) - 1)}", *lines[1:]]) if rows else ""


def line(cells: Sequence[object]) -> str:
    """A line of a table; a cell is one line of text, and a bar in it ends no cell."""
    texts = (" ".join(str(cell).split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(texts)} |"


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """The median and, in brackets, the least and the greatest."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def write_blocks(page: Path, blocks: Mapping[str, str]) -> None:
    """Writes each text between the lines `<!-- name: begin -->` and `<!-- name: end -->`; all else stays as it is.

    Raises ValueError, and writes nothing, if a mark is not there exactly once.
    """
    text = page.read_text(encoding="utf-8")
    for name, block in blocks.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
            raise ValueError(f"{page} needs the lines {begin} and {end} once each, in this order.")
        between = re.compile(f"(?<={re.escape(begin)}).*(?={re.escape(end)})", re.DOTALL)
        text = between.sub(lambda _, block=block: f"\n\n{block.strip()}\n\n", text)
    write_text(page, text)
