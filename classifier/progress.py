"""Shows the progress of reading rows on stderr: a bar in a terminal, otherwise a line every ten seconds."""

import time
from types import TracebackType

from classifier.terminal import LiveLine, warn

LINE_SECONDS = 10.0  # between two lines if there is no terminal


class Progress:
    """Context manager that counts rows and shows the progress.

    Args:
        what: description of the work in one or two words.
        total: total number of rows, if known.
        done: number of rows that earlier processes have completed.
    """

    def __init__(self, what: str, total: int | None = None, done: int = 0) -> None:
        self.what, self.total, self.done = what, total, done
        self.rows, self.began, self.last_line = 0, time.monotonic(), time.monotonic()
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
        """Adds completed rows."""
        self.rows += rows
        if self.live.is_visible:
            self.show()
        elif time.monotonic() - self.last_line >= LINE_SECONDS:
            self.last_line = time.monotonic()
            warn(f"{self.what}: {self.progress()}")

    def show(self) -> None:
        """Updates the bar."""
        self.live.update(self.done + self.rows, self.total, self.what, self.progress())

    def rate(self) -> float:
        """Returns the rows per second of this process so far."""
        return self.rows / max(1e-9, time.monotonic() - self.began)

    def progress(self) -> str:
        """Returns rows, speed and, if the total is known, the remaining time."""
        rate, rows = self.rate(), self.done + self.rows
        if not self.total:
            return f"{rows:,} rows, {rate:,.0f} rows/s"
        left = duration(max(0, self.total - rows) / rate) if self.rows else "?"
        return f"{rows:,} of {self.total:,} rows, {rate:,.0f} rows/s, {left} left"


def duration(seconds: float) -> str:
    """Formats seconds as hours, minutes and seconds.

    >>> duration(3671)
    '1:01:11'
    """
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"
