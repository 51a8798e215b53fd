"""Results are in order, and only a limited number of items is read ahead."""

import threading

import pytest

from classifier.scoring.overlapped import overlapped


def test_order_and_how_far_ahead():
    read = []

    def items():
        for item in range(9):
            read.append(item)
            yield item

    first_may_end = threading.Event()

    def square(item):
        assert item or first_may_end.wait(9)
        return item * item

    found = overlapped(square, items(), ahead=2)
    first_may_end.set()
    assert next(found) == (0, 0) and read == [0, 1, 2]
    assert list(found) == [(item, item * item) for item in range(1, 9)]


def test_nothing():
    assert list(overlapped(abs, [])) == []


def test_what_goes_wrong_is_raised_where_it_is_taken_and_nothing_more_is_read():
    read = []

    def items():
        for item in [1, 0, 1, 1, 1, 1]:
            read.append(item)
            yield item

    found = overlapped(lambda item: 1 / item, items())
    assert next(found) == (1, 1.0)
    with pytest.raises(ZeroDivisionError):
        next(found)
    assert len(read) == 4
