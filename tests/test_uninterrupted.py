"""Ctrl-C waits for the end of a write to the tracking database, but only once."""

import signal
import sys
from collections.abc import Callable
from types import FrameType

import pytest

from classifier.interruption import SIGNALS, handle_interruptions, interruption, uninterrupted


@pytest.fixture(autouse=True)
def handlers():
    """Installs the signal handlers of a command."""
    before = {one: signal.signal(one, signal.default_int_handler) for one in SIGNALS}
    handle_interruptions()
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


def nothing_waits() -> bool:
    return not interruption.writing and not interruption.delayed


def write(done: list[str], *signals: signal.Signals) -> None:
    """Simulates a write during which signals arrive."""
    with uninterrupted():
        for one in signals:
            signal.raise_signal(one)
        done.append("write")


@pytest.mark.parametrize("number", SIGNALS)
def test_an_interruption_comes_after_the_write(number):
    done = []
    with pytest.raises(KeyboardInterrupt):
        write(done, number)
    assert done == ["write"]
    assert nothing_waits()


def test_an_interruption_is_not_lost_where_the_write_fails():
    def fail() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            raise ConnectionError

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert nothing_waits()


def test_a_second_interruption_does_not_wait():
    done = []
    with pytest.raises(KeyboardInterrupt):
        write(done, signal.SIGINT, signal.SIGINT)
    assert done == []
    assert nothing_waits()


def test_without_an_interruption_nothing_is_raised():
    done = []
    write(done)
    assert done == ["write"]
    assert nothing_waits()


def interrupted_at(line: int, number: signal.Signals) -> tuple[bool, bool]:
    """Sends the signal at a line of an empty write; returns whether it was sent and whether it interrupted."""
    lines, interrupted = 0, False

    def trace(frame: FrameType, event: str, argument: object) -> Callable:
        nonlocal lines
        lines += 1
        if lines == line:
            signal.raise_signal(number)
        return trace

    tracing = sys.gettrace()
    sys.settrace(trace)
    try:
        with uninterrupted():
            pass
    except KeyboardInterrupt:
        interrupted = True
    finally:
        sys.settrace(tracing)
    return lines >= line, interrupted


@pytest.mark.parametrize("number", SIGNALS)
def test_no_interruption_is_lost_wherever_it_comes(number):
    line = 1
    while True:
        came, interrupted = interrupted_at(line, number)
        if not came:
            break
        assert interrupted, f"line {line}"
        assert nothing_waits(), f"line {line}"
        line += 1
    assert line > 10


def test_a_signal_that_the_process_ignores_stays_ignored():
    """As for background jobs of a shell."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    handle_interruptions()
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is interruption
