"""The only module that prints to the terminal: all output is shown as plain text, completely.

Labels, texts, paths and settings are data. They are not interpreted as markup, their control characters are replaced,
nothing is truncated, and a cell that is too wide for its column continues on the next line. In a terminal, sentences
are wrapped between words; lines with aligned parts, such as paths and commands to copy, are not.
"""

import os
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

WORD_WIDTH = 8  # minimum width of a column of words
ALIGNED = "  "  # between aligned parts of a line
GAP = 2  # width between two columns
INVISIBLE = (0xAD, 0x200B, *range(0x2060, 0x2065), 0xFEFF)  # soft hyphen, zero-width space, word joiner, ...
BIDIRECTIONAL = (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))  # these reorder the text
SEPARATORS = (0x2028, 0x2029)
SYMBOLS = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "␡",
    **{code: f"<U+{code:04X}>" for code in (*range(0x80, 0xA0), *INVISIBLE, *BIDIRECTIONAL, *SEPARATORS)},
    **{code: f"<U+{code:04X}>" for code in range(0xD800, 0xE000)},  # from file names that are not UTF-8
}
LINES = {code: symbol for code, symbol in SYMBOLS.items() if code != 0x0A}
live_lines: "list[LiveLine]" = []  # the active line, if any
live_lock = RLock()  # for drawing, because several threads print
silent = False  # whether to print nothing


@dataclass(slots=True)
class Table:
    """A table with headings.

    Args:
        words: headings of the first columns, which contain text and are wrapped in a narrow terminal.
        numbers: headings of the other columns, which are right-aligned and never wrapped
            (a heading may have several lines).
        title: title of the table.
    """

    words: Sequence[str]
    numbers: Sequence[str] = ()
    title: str = ""
    rows: list[tuple[str, ...]] = field(default_factory=list)
    sections: set[int] = field(default_factory=set)  # rows with a line below them

    def add(self, *cells: str) -> None:
        """Adds a row with a cell for each column."""
        self.rows.append(cells)

    def end_section(self) -> None:
        """Draws a line below the last row."""
        self.sections.add(len(self.rows) - 1)


@contextmanager
def quiet() -> Iterator[None]:
    """Suppresses output, for the Python interface; warnings are issued as Python warnings."""
    global silent
    before, silent = silent, True
    try:
        yield
    finally:
        silent = before


def say(text: str) -> None:
    """Prints one or more lines to standard output."""
    if not silent:
        print_lines(text, error=False)


def warn(text: str) -> None:
    """Prints one or more lines to standard error."""
    if silent:
        warnings.warn(text, stacklevel=2)
    else:
        print_lines(text, error=True)


def show(table: Table, error: bool = False) -> None:
    """Prints a table to standard output or standard error."""
    if silent:
        return
    from rich.box import SIMPLE
    from rich.table import Table as RichTable
    from rich.text import Text

    console = console_of(error)

    def plain(cell: str, symbols: dict[int, str] = SYMBOLS) -> Text:
        return Text(encodable(visible(cell, symbols), console))

    drawn = RichTable(
        title=plain(table.title) if table.title else None, title_justify="left",
        box=SIMPLE, show_edge=False, pad_edge=False, collapse_padding=True,
    )  # fmt: skip
    for heading in table.words:
        drawn.add_column(plain(heading), overflow="fold")
    for heading in table.numbers:
        drawn.add_column(plain(heading, LINES), justify="right", no_wrap=True)
    for place, cells in enumerate(table.rows):
        drawn.add_row(*map(plain, cells), end_section=place in table.sections)
    with live_line_paused():
        make_console(error, width=max(console.width, least_width(table))).print(drawn)


def visible(text: str, symbols: dict[int, str] = SYMBOLS) -> str:
    """Replaces control characters and invisible characters with symbols or code points.

    >>> visible("red\\x1b[31m, two\\nlines, \\u202edesrever")
    'red␛[31m, two␊lines, <U+202E>desrever'
    """
    return text.translate(symbols)


def shown_path(path: Path) -> str:
    """Returns a path relative to the current folder if it is inside, otherwise an absolute path."""
    path, here = path.absolute(), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def counted(number: float, singular: str, plural: str = "") -> str:
    """Returns a number with what it counts, in the singular or the plural, which ends with s unless it is given.

    >>> counted(1, "row"), counted(1000, "row"), counted(0, "class", "classes")
    ('1 row', '1,000 rows', '0 classes')
    """
    return f"{number:,.0f} {singular if number == 1 else plural or singular + 's'}"


class LiveLine:
    """The bottom line of the terminal, drawn again four times a second on standard error while other work is done.

    It keeps its own copy of standard error, because TensorFlow is imported with its messages held back.

    Args:
        text: function from the number of columns to the current text.
    """

    def __init__(self, text: Callable[[int], str]) -> None:
        from rich.console import Console

        copy = open(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding)  # noqa: SIM115  # closed by `end`
        self.text, self.live = text, None
        self.console = Console(file=copy, highlight=False, markup=False, emoji=False)

    def draw(self) -> Any:
        from rich.text import Text

        text = encodable(visible(self.text(self.console.width)), self.console)
        line = Text(text, no_wrap=True)
        line.truncate(self.console.width - 1, overflow="ellipsis")
        return line

    def start(self) -> None:
        from rich.live import Live

        options = {"transient": True, "redirect_stdout": False, "refresh_per_second": 4}
        self.live = Live(get_renderable=self.draw, console=self.console, **options)
        self.live.start(refresh=True)
        live_lines.append(self)

    def stop(self) -> None:
        live_lines.remove(self)
        if self.live:
            self.live.stop()

    def end(self) -> None:
        """Erases the line."""
        with live_lock:
            self.stop()
            self.console.file.close()


def has_live_line() -> bool:
    """Whether standard error is a terminal that can draw a line again, and output is not suppressed."""
    return not silent and sys.stderr.isatty() and not console_of(True).is_dumb_terminal


@contextmanager
def live_line_paused() -> Iterator[None]:
    """Erases the live line, if there is one, while other lines are printed."""
    with live_lock:
        lines = list(live_lines)
        for line in lines:
            line.stop()
        try:
            yield
        finally:
            for line in lines:
                line.start()


@cache
def console_of(error: bool) -> "Console":
    """Returns the console of a standard stream, which is looked up for each print, because it may be redirected."""
    return make_console(error)


def make_console(error: bool, width: int | None = None) -> "Console":
    """Creates a console without markup and highlighting; `width` overrides the width of the terminal, for tables."""
    from rich.console import Console

    return Console(stderr=error, width=width, highlight=False, markup=False, emoji=False)


def print_lines(text: str, error: bool) -> None:
    """Prints the text with its line feeds, because a message may have several lines."""
    from rich.text import Text

    console = console_of(error)
    lines = encodable(visible(text, LINES), console).split("\n")
    if console.file.isatty():
        lines = [part for line in lines for part in wrapped(line, console.width - 1)]
    with live_line_paused():
        console.print(Text("\n".join(lines)), soft_wrap=True)


def wrapped(line: str, width: int) -> list[str]:
    """Splits a sentence into lines of at most `width` characters between its words.

    A line with aligned parts, between which there are two blanks or more, is left as it is, and so is an indented one.

    >>> wrapped("one two three", 8), wrapped("Model    outputs/a long name", 8)
    (['one two', 'three'], ['Model    outputs/a long name'])
    """
    if ALIGNED in line:
        return [line]
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]


def encodable(text: str, console: "Console") -> str:
    """Replaces characters that the encoding of the stream cannot represent with backslash sequences."""
    return text.encode(console.encoding, "backslashreplace").decode(console.encoding)


def least_width(table: Table) -> int:
    """Returns the width that is required for all numbers and WORD_WIDTH characters of the words."""
    from rich.cells import cell_len

    cells = [table.numbers, *(row[len(table.words) :] for row in table.rows)]
    numbers = [
        max(cell_len(line) for cell in column for line in cell.split("\n")) for column in zip(*cells, strict=True)
    ]
    return sum(numbers) + WORD_WIDTH * len(table.words) + GAP * (len(table.words) + len(numbers))
