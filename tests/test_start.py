"""The number of cores that a process may use."""

import os
import sys

import pytest

from classifier.start import cores, hidden


def test_what_is_hidden_cannot_be_imported_until_the_block_ends(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)  # it may have been imported by other tests
    with hidden("colorsys", "os"):
        with pytest.raises(ImportError):
            import colorsys
        assert sys.modules["os"] is os
    import colorsys  # noqa: F401


@pytest.mark.parametrize(("share", "expected"), [("1", 1), ("0", 1), ("1000", None), ("", None), ("4,2", None)])
def test_cores_are_those_of_the_machine_or_the_share_of_a_trial(monkeypatch, share, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", share)
    assert cores() == (expected or len(os.sched_getaffinity(0)))
