"""The only module that prints to the terminal: all output is shown as plain text, completely.

Labels, texts, paths and settings are data. They are not interpreted as markup, their control characters are replaced,
lines are neither truncated nor wrapped, and a cell that is too wide for its column continues on the next line.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

WORD_WIDTH = 8  # minimum width of a column of words
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
live_consoles: "list[Console]" = []  # consoles with an active bar
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
    make_console(error, width=max(console.width, least_width(table))).print(drawn)


def visible(text: str, symbols: dict[int, str] = SYMBOLS) -> str:
    """Replaces control characters and invisible characters with symbols or code points.

    >>> visible("red\\x1b[31m, two\\nlines, \\u202edesrever")
    'red␛[31m, two␊lines, <U+202E>desrever'
    """
    return text.translate(symbols)


class LiveLine:
    """Context manager for a progress bar with text on either side; invisible if there is no terminal.

    Args:
        error: whether to show the bar on standard error.
    """

    def __init__(self, error: bool = False) -> None:
        self.console, self.live = console_of(error), None
        self.task: Any = None

    @property
    def is_visible(self) -> bool:
        """Whether there is a terminal."""
        return self.console.is_terminal and not silent

    def __enter__(self) -> "LiveLine":
        if self.is_visible:
            from rich.progress import BarColumn, Progress, TextColumn

            before, after = (TextColumn(f"{{task.fields[{name}]}}", markup=False) for name in ("before", "after"))
            bar = BarColumn(bar_width=24)
            self.live = Progress(before, bar, after, console=self.console, transient=True)
            self.task = self.live.add_task("", total=None, before="", after="")
            self.live.start()
            live_consoles.append(self.console)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        if self.live:
            live_consoles.remove(self.console)
            self.live.stop()

    def update(self, done: int, total: int | None, before: str, after: str) -> None:
        """Shows the progress: `done` of `total`, if that is known."""
        if self.live:
            self.live.update(self.task, completed=done, total=total, before=visible(before), after=visible(after))


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
    if live_consoles and console.is_terminal:
        console = live_consoles[-1]  # redraws its bar below the text
    console.print(Text(encodable(visible(text, LINES), console)), soft_wrap=True)


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
