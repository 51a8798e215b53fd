"""The progress of a command: amounts, the rate of the last seconds, and no remaining time before it is known."""

import pytest

from classifier import progress
from classifier.progress import Stage
from classifier.terminal import quiet


@pytest.fixture
def clock(monkeypatch):
    """Replaces the time; a list of the current seconds."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_line_every_ten_seconds_without_a_terminal(clock, capsys):
    with Stage("Scoring", 100, "rows") as stage:
        stage.advance(10)
        clock[0] += 11
        stage.advance(10)
        stage.advance(10)
    assert capsys.readouterr().err == "Scoring: 20 of 100 rows, 0:11\n"


def test_nothing_where_output_is_suppressed(clock, capsys):
    with quiet(), Stage("Scoring", 100, "rows") as stage:
        clock[0] += 11
        stage.advance(10)
    assert capsys.readouterr() == ("", "")


def test_no_remaining_time_before_a_few_seconds_and_steps(clock):
    stage = Stage("Scoring", 1000, "rows")
    clock[0] += 60  # the first step is slow
    for _ in range(3):
        stage.advance(10)
        clock[0] += 1
    assert stage.parts() == ["30 of 1,000 rows", "1:03"]
    stage.advance(10)
    assert stage.parts() == ["40 of 1,000 rows", "10 rows/s", "1:36 left"]


def test_the_remaining_time_follows_the_last_seconds(clock):
    stage = Stage("Scoring", 10_000, "rows")
    for step in (1, 10):  # ten times as fast, after a minute
        for _ in range(60):
            clock[0] += 1
            stage.advance(step)
    assert stage.recent_rate() == 10
    clock[0] += 10  # a pause makes it longer
    assert stage.recent_rate() == 5


def test_later_work_counts(clock):
    stage = Stage("epoch 1/3", 100, "texts")
    stage.later = 200
    for _ in range(5):
        clock[0] += 1
        stage.advance(10)
    assert stage.parts()[-1] == "0:25 left at most"


@pytest.mark.parametrize("columns", [79, 60, 40])
def test_a_line_fits(clock, columns):
    stage = Stage("epoch 10/30", 14_732, "texts")
    stage.later, stage.note = 10**6, "loss 0.3456"
    for _ in range(9):
        clock[0] += 1
        stage.advance(1234)
    line = stage.line(columns)
    assert len(line) <= columns and line.startswith("epoch 10/30  ") and line.endswith(" left at most")
    assert ("#" in line) == (columns >= 60)


def test_the_latest_stage_is_shown_and_the_outer_one_afterwards():
    with Stage("outer"):
        with Stage("inner"):
            assert progress.stages[-1].name == "inner"
        assert progress.stages[-1].name == "outer"
    assert not progress.stages
