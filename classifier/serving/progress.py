"""How far a long reading has come: a bar on a terminal, a line every ten seconds elsewhere. Goes to stderr."""

import sys
import time
from typing import Any

LINE_SECONDS = 10.0  # between two lines where there is no terminal


class Progress:
    """Counts rows, as a context.

    Args:
        what: is done to the rows, in one or two words.
        total: rows, where it is known.
        done: rows that an earlier process has done.
    """

    def __init__(self, what: str, total: int | None = None, done: int = 0) -> None:
        self.what, self.total, self.done = what, total, done
        self.rows, self.began, self.told = 0, time.monotonic(), time.monotonic()
        self.bar: Any = None

    def __enter__(self) -> "Progress":
        if sys.stderr.isatty():
            from rich import progress
            from rich.console import Console

            self.bar = progress.Progress(
                progress.TextColumn("{task.description}"),
                progress.BarColumn(),
                progress.TextColumn("{task.completed:,} rows"),
                progress.TextColumn("{task.fields[rate]:,.0f} rows/s"),
                progress.TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self.task = self.bar.add_task(self.what, total=self.total, completed=self.done, rate=0.0)
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def advance(self, rows: int) -> None:
        """So many more rows are done."""
        self.rows += rows
        if self.bar is not None:
            self.bar.update(self.task, advance=rows, rate=self.rate())
        elif time.monotonic() - self.told >= LINE_SECONDS:
            self.told = time.monotonic()
            print(self.line(), file=sys.stderr, flush=True)

    def rate(self) -> float:
        """Rows a second of this process, so far."""
        return self.rows / max(1e-9, time.monotonic() - self.began)

    def line(self) -> str:
        """Where it stands, in one line."""
        rate, rows = self.rate(), self.done + self.rows
        if not self.total:
            return f"{self.what}: {rows:,} rows, {rate:,.0f} rows/s"
        left = max(0, self.total - rows) / max(1e-9, rate)
        return f"{self.what}: {rows:,} of {self.total:,} rows, {rate:,.0f} rows/s, {duration(left)} left"


def duration(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> duration(3671)
    '1:01:11'
    """
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"
