"""What a process may take of the machine."""

import os

import pytest

from classifier.start import cores


@pytest.mark.parametrize(("share", "expected"), [("1", 1), ("0", 1), ("1000", None), ("", None), ("4,2", None)])
def test_cores_are_those_of_the_machine_or_the_share_of_a_trial(monkeypatch, share, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", share)
    assert cores() == (expected or len(os.sched_getaffinity(0)))
