"""Shows on standard error what a command is doing: a live line in a terminal, otherwise a line every ten seconds."""

import time
from collections import deque
from threading import Lock, RLock
from types import TracebackType

from classifier import terminal
from classifier.terminal import LiveLine, has_live_line, warn

LINE_SECONDS = 10.0  # between two lines if there is no terminal
RECENT_SECONDS = 10.0  # for the rate from which the remaining time is computed
KNOWN_SECONDS, KNOWN_STEPS = 3.0, 4  # before the remaining time is shown; the first step is slower than the others
MOST_COLUMNS = 79
BAR_COLUMNS = 16

stages: "list[Stage]" = []  # active stages; the line shows the latest
changing = RLock()  # for changes of the stages
lines: list[LiveLine] = []  # the live line while there are stages, if there is a terminal


class Stage:
    """Context manager for a stage of a command; its line shows the elapsed seconds, or a bar if work is counted.

    A stage within another one is shown until it ends.

    Args:
        name: name of the work, such as "Exporting the model".
        total: total amount of work, if known.
        unit: what `advance` counts; None means that nothing is counted.
        done: amount that earlier processes have completed.
    """

    def __init__(self, name: str, total: int | None = None, unit: str | None = None, done: int = 0) -> None:
        self.name, self.total, self.unit, self.done = name, total, unit, done
        self.note = ""  # shown next to the rate
        self.logged = True  # whether to print a line every ten seconds if there is no terminal
        self.later = 0  # work after this bar, which counts for the remaining time
        self.counted, self.marks = 0, deque[tuple[float, int]]()  # amount of this process; (time, amount)
        self.began = self.last_line = time.monotonic()
        self.lock = Lock()

    def __enter__(self) -> "Stage":
        with changing:
            if not stages and has_live_line():
                lines.append(LiveLine(current_line))
                lines[-1].start()
            stages.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with changing:
            stages.remove(self)
            if not stages and lines:
                lines.pop().end()

    def advance(self, count: int = 1) -> None:
        """Adds completed work."""
        now = time.monotonic()
        with self.lock:
            self.done, self.counted = self.done + count, self.counted + count
            self.marks.append((now, self.counted))
            while len(self.marks) > KNOWN_STEPS and now - self.marks[0][0] > RECENT_SECONDS:
                self.marks.popleft()
        if self.logged and not lines and not terminal.silent and now - self.last_line >= LINE_SECONDS:
            self.last_line = now
            warn(f"{self.name}: {', '.join(self.parts())}")

    def rate(self) -> float:
        """Returns the mean amount per second of this process so far."""
        return self.counted / max(1e-9, time.monotonic() - self.began)

    def recent_rate(self) -> float | None:
        """Returns the amount per second in the last seconds; None until there are a few steps."""
        with self.lock:
            if len(self.marks) < KNOWN_STEPS:
                return None
            (began, before), (_, after) = self.marks[0], self.marks[-1]
        return (after - before) / max(1e-9, time.monotonic() - began) or None

    def line(self, columns: int) -> str:
        """Returns the live line; amounts and bar are left out if there is no room."""
        parts = self.parts()
        while len(parts) > 1 and len(self.name) + 2 + len(", ".join(parts)) > columns - (BAR_COLUMNS + 2):
            parts = parts[1:]
        rest = ", ".join(parts)
        room = columns - len(self.name) - len(rest) - 4
        bar = f"{bar_of(self.done / self.total)}  " if self.unit and self.total and room >= BAR_COLUMNS else ""
        return f"{self.name}  {bar}{rest}"

    def parts(self) -> list[str]:
        """Returns amount, rate, note and remaining time, as far as they are known, otherwise the elapsed time."""
        elapsed = time.monotonic() - self.began
        if self.unit is None:
            return [duration(elapsed)]
        rate = self.recent_rate()
        amount = f"{self.done:,} of {self.total:,} {self.unit}" if self.total else f"{self.done:,} {self.unit}"
        parts = [amount, *([f"{rate:,.0f} {self.unit}/s"] if rate else []), *([self.note] if self.note else [])]
        if not self.total or rate is None or elapsed < KNOWN_SECONDS:
            return [*parts, duration(elapsed)]
        left = (max(0, self.total - self.done) + self.later) / rate
        return [*parts, f"{duration(left)} left{' at most' if self.later else ''}"]


def current_line(columns: int) -> str:
    """Returns the line of the latest stage."""
    latest = stages[-1:]
    return latest[0].line(min(columns, MOST_COLUMNS)) if latest else ""


def bar_of(share: float) -> str:
    """Returns a bar for a share from 0 to 1.

    >>> bar_of(0.5)
    '########........'
    """
    full = round(BAR_COLUMNS * min(1.0, share))
    return "#" * full + "." * (BAR_COLUMNS - full)


def duration(seconds: float) -> str:
    """Formats seconds as minutes and seconds, with hours if there are any.

    >>> duration(71), duration(3671)
    ('1:11', '1:01:11')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
