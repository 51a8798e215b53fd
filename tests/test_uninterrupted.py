"""Ctrl-C waits for a write of the tracking to end, but not for ever."""

import signal

import pytest

from classifier.tracking.interruption import uninterrupted


@pytest.fixture(autouse=True)
def usual_handlers():
    """Those of a command: both signals end it as a KeyboardInterrupt."""
    before = {one: signal.signal(one, signal.default_int_handler) for one in (signal.SIGINT, signal.SIGTERM)}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


def write(done: list[str], *signals: signal.Signals) -> None:
    """A write in whose middle the signals come."""
    with uninterrupted():
        for one in signals:
            signal.raise_signal(one)
        done.append("write")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_comes_after_the_write(number):
    done = []
    with pytest.raises(KeyboardInterrupt):
        write(done, number)
    assert done == ["write"]
    assert signal.getsignal(number) is signal.default_int_handler


def test_an_interruption_is_not_lost_where_the_write_fails():
    def fail() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            raise ConnectionError

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interruption_does_not_wait():
    done = []
    with pytest.raises(KeyboardInterrupt):
        write(done, signal.SIGINT, signal.SIGINT)
    assert done == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_an_interruption_nothing_is_raised():
    done = []
    write(done)
    assert done == ["write"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
