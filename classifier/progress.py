"""How far a long reading has come: a bar on a terminal, a line every ten seconds elsewhere. Goes to stderr."""

import time
from types import TracebackType

from classifier.terminal import LiveLine, warn

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
        self.live = LiveLine(error=True)

    def __enter__(self) -> "Progress":
        self.live.__enter__()
        self.show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.live.__exit__(kind, error, trace)

    def advance(self, rows: int) -> None:
        """So many more rows are done."""
        self.rows += rows
        if self.live.shown:
            self.show()
        elif time.monotonic() - self.told >= LINE_SECONDS:
            self.told = time.monotonic()
            warn(f"{self.what}: {self.progress()}")

    def show(self) -> None:
        """Moves the bar."""
        self.live.update(self.done + self.rows, self.total, self.what, self.progress())

    def rate(self) -> float:
        """Rows a second of this process, so far."""
        return self.rows / max(1e-9, time.monotonic() - self.began)

    def progress(self) -> str:
        """Rows, speed and, where the total is known, the time left."""
        rate, rows = self.rate(), self.done + self.rows
        if not self.total:
            return f"{rows:,} rows, {rate:,.0f} rows/s"
        left = duration(max(0, self.total - rows) / rate) if self.rows else "?"
        return f"{rows:,} of {self.total:,} rows, {rate:,.0f} rows/s, {left} left"


def duration(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> duration(3671)
    '1:01:11'
    """
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"
