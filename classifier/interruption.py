"""Ctrl-C and SIGTERM: each raises KeyboardInterrupt, but not in the middle of a write."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """The handler of both signals. It is installed once and stays, so no signal can arrive between two handlers."""

    writing = False
    delayed = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not self.writing or self.delayed:
            raise KeyboardInterrupt
        self.delayed = True


interruption = Interruption()


def handle_interruptions() -> None:
    """Lets SIGINT and SIGTERM raise KeyboardInterrupt in the main thread, after the write in progress if there is one.

    A signal that the process was started to ignore, as a shell's `&` does with SIGINT, is still ignored.
    """
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interruption)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delays the first interruption until the end of a write, because half a write leaves an SQLite file locked.

    A second one is not delayed. It has no effect in other threads, which signals never reach, or if
    `handle_interruptions` was not called.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interruption.writing = True
    try:
        yield
    finally:  # even if the write failed
        delayed, interruption.writing, interruption.delayed = interruption.delayed, False, False
        if delayed:
            raise KeyboardInterrupt
