"""Handles Ctrl-C and SIGTERM: both raise KeyboardInterrupt, but not during a write."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """The handler of both signals, which is installed once, so that no signal can arrive between two handlers."""

    writing = False
    delayed = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not self.writing or self.delayed:
            raise KeyboardInterrupt
        self.delayed = True


interruption = Interruption()


def handle_interruptions() -> None:
    """Makes SIGINT and SIGTERM raise KeyboardInterrupt in the main thread, after a write in progress, if any.

    A signal that the process already ignores, such as SIGINT in background jobs of a shell, is still ignored.
    """
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interruption)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delays the first interruption until the end of a write, because a partial write leaves an SQLite file locked.

    A second interruption is not delayed. The context manager has no effect in other threads, which never receive
    signals, or if `handle_interruptions` was not called.
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
