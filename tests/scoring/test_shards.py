"""A crash loses one shard, the same command resumes, and the result is equal byte for byte."""

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from table_files import read, write

from classifier import files
from classifier.errors import UserError
from classifier.scoring import shards
from classifier.scoring.plan import make_plan
from classifier.scoring.score_file import score_files
from classifier.settings import OnError, ScoreSettings

ROOT = Path(__file__).parents[2]
ROWS = [{"id": str(i), "text": "" if i == 4 else f"text {i}", "note": "a\n" * (i % 3)} for i in range(23)]
TARGETS = ["out.csv", "out.tsv.gz", "out.jsonl.zst", "out.parquet"]


class Counting:
    """A classifier based on the length of a text, which fails after a given number of texts."""

    label_names = ("a", "b", "c")
    windows_ahead = 2

    def __init__(self, most=10**9, error=KeyboardInterrupt):
        self.texts, self.most, self.error = [], most, error

    def probabilities(self, texts):
        if len(self.texts) + len(texts) > self.most:
            raise self.error
        self.texts += texts
        raw = np.array([[len(text), text.count("1") + 1, 3] for text in texts], np.float32)
        return raw / raw.sum(axis=1, keepdims=True)


@pytest.fixture
def score(tmp_path):
    """Scores in.csv in tmp_path in shards of five rows."""

    def score(target="out.csv", classifier=None, model="abc", given="in.csv", **settings):
        options = {"window_rows": 2, "shard_rows": 5, **settings}
        plan = make_plan(ScoreSettings("m", str(tmp_path / given), str(tmp_path / target), **options), model, "v1")
        return score_files(plan, lambda: classifier or Counting())

    return score


@pytest.fixture
def expected_outputs(tmp_path, score):
    """Returns the expected bytes of each output, without an interruption."""
    write(tmp_path / "in.csv", ROWS)

    def expected_outputs(target, **settings):
        score(f"whole_{target}", **settings)
        return (tmp_path / f"whole_{target}").read_bytes()

    return expected_outputs


class Filling(io.FileIO):
    """A file on a disk with limited space."""

    left = 0

    def write(self, data):
        if Filling.left < len(data):
            raise OSError(errno.ENOSPC, "No space left on device")
        Filling.left -= len(data)
        return super().write(data)


@pytest.mark.parametrize("target", TARGETS)
def test_a_disk_that_fills_up_while_shards_are_written(target, tmp_path, score, expected_outputs, monkeypatch):
    expected = expected_outputs(target)
    with monkeypatch.context() as full:
        full.setattr(files, "open", lambda path, *_, **__: io.BufferedWriter(Filling(path, "xb")), raising=False)
        for part in range(1, 6):
            Filling.left = len(expected) * part // 8
            with pytest.raises(UserError, match="the disk is full"):
                score(target)
            assert not (tmp_path / target).exists()
    score(target)
    assert (tmp_path / target).read_bytes() == expected
    assert sorted(os.listdir(tmp_path)) == sorted(["in.csv", f"whole_{target}", target])


@pytest.mark.parametrize("target", TARGETS)
def test_wherever_it_breaks_off_the_result_is_the_same(target, tmp_path, score, expected_outputs):
    expected = expected_outputs(target)
    for most in (0, 3, 8, 13, 21):  # of the 22 rows with a text
        with pytest.raises(KeyboardInterrupt):
            score(target, Counting(most))
        assert not (tmp_path / target).exists()
        last = Counting()
        done = score(target, last)
        assert (tmp_path / target).read_bytes() == expected
        assert done.summary["rows"] == 23 and done.summary["errors"] == 1
        assert sum(one["rows"] for one in done.summary["labels"].values()) == 22
        assert last.texts == [row["text"] for row in ROWS[done.resumed_rows :] if row["text"]]
        (tmp_path / target).unlink()
    assert sorted(os.listdir(tmp_path)) == sorted(["in.csv", f"whole_{target}"])


@pytest.mark.parametrize("source", ["in.parquet", "in.jsonl", "in.csv"])
def test_finished_shards_are_not_scored_again(source, tmp_path, score):
    write(tmp_path / source, ROWS)
    with pytest.raises(KeyboardInterrupt):
        score("out.parquet", Counting(17), given=source)
    manifest = json.loads((tmp_path / "out.parquet.shards" / "manifest.json").read_text())
    assert [shard["totals"]["rows"] for shard in manifest["shards"]] == [5] * len(manifest["shards"])
    last = Counting()
    done = score("out.parquet", last, given=source)
    assert done.resumed_rows == 5 * len(manifest["shards"]) >= 5
    assert last.texts == [row["text"] for row in ROWS[done.resumed_rows :]]
    assert [row["id"] for row in read(tmp_path / "out.parquet")] == [row["id"] for row in ROWS]


@pytest.mark.parametrize("target", ["out.csv", "out.parquet"])
@pytest.mark.parametrize("moment", ["join", "replace", "rmtree"])
def test_a_crash_at_the_very_end(moment, target, tmp_path, score, expected_outputs, monkeypatch):
    """Simulates kill -9, after which nothing is cleaned up."""
    expected = expected_outputs(target)
    names = {"join": "join_parquet" if "parquet" in target else "join_bytes", "replace": "sync_folder"}

    def crash(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shards.shutil, "rmtree", lambda *_, **__: None)
        if moment in names:
            patch.setattr(shards, names[moment], crash)
        try:
            score(target)
        except KeyboardInterrupt:
            assert moment in names
    assert (tmp_path / f"{target}.shards").exists()
    again = Counting()
    assert score(target, again).summary["rows"] == 23
    assert again.texts == [] and (tmp_path / target).read_bytes() == expected
    assert not (tmp_path / f"{target}.shards").exists()


CHANGED = {
    "model": ({"model": "xyz"}, "its model was another"),
    "text column": ({"text": "note"}, "text was ['text'] and is ['note']"),
    "columns": ({"columns": ["id"]}, "columns was None and is ['id']"),
    "shard_rows": ({"shard_rows": 6}, "shard_rows was 5 and is 6"),
}


@pytest.mark.parametrize("case", CHANGED)
def test_another_job_is_refused_and_overwrite_starts_again(case, tmp_path, score):
    write(tmp_path / "in.csv", ROWS)
    with pytest.raises(KeyboardInterrupt):
        score(classifier=Counting(10))
    changes, message = CHANGED[case]
    with pytest.raises(UserError, match="finished shards of another job") as caught:
        score(**changes)
    assert message in str(caught.value) and "overwrite=true" in str(caught.value)
    assert (tmp_path / "out.csv.shards" / "000000.csv").exists()
    last = Counting()
    score(classifier=last, overwrite=True, **changes)
    assert len(read(tmp_path / "out.csv")) == 23 and len(last.texts) >= 15


def test_a_changed_input_is_refused(tmp_path, score):
    write(tmp_path / "in.csv", ROWS)
    with pytest.raises(KeyboardInterrupt):
        score(classifier=Counting(10))
    write(tmp_path / "in.csv", ROWS[::-1])
    with pytest.raises(UserError, match=r"its input was another \(in\.csv differs\)"):
        score()


def test_the_survey_is_not_made_again(tmp_path, score, monkeypatch):
    write(tmp_path / "in.csv", ROWS)
    with pytest.raises(KeyboardInterrupt):
        score(classifier=Counting(10))
    monkeypatch.setattr("classifier.scoring.score_file.survey", lambda *_: pytest.fail("looked through it again"))
    score()


def test_a_lost_shard_is_scored_again(tmp_path, score, expected_outputs):
    expected = expected_outputs("out.csv")
    with pytest.raises(KeyboardInterrupt):
        score(classifier=Counting(17))
    (tmp_path / "out.csv.shards" / "000001.csv").write_text("cut sho")
    assert score().resumed_rows == 5
    assert (tmp_path / "out.csv").read_bytes() == expected


@pytest.mark.parametrize("damaged", ["{oops", "[]", '{"job": 1}'])
def test_a_damaged_manifest(damaged, tmp_path, score, expected_outputs):
    expected = expected_outputs("out.csv")
    with pytest.raises(KeyboardInterrupt):
        score(classifier=Counting(17))
    (tmp_path / "out.csv.shards" / "manifest.json").write_text(damaged)
    with pytest.raises(UserError, match=r"manifest\.json is damaged\. Start again with overwrite=true"):
        score()
    assert score(overwrite=True).resumed_rows == 0
    assert (tmp_path / "out.csv").read_bytes() == expected


def test_two_concurrent_jobs_are_refused(tmp_path, score):
    write(tmp_path / "in.csv", ROWS)

    class Nested(Counting):
        def probabilities(self, texts):
            with pytest.raises(UserError, match="Another process is scoring in"):
                score()
            return super().probabilities(texts)

    score(classifier=Nested())
    assert len(read(tmp_path / "out.csv")) == 23


def test_an_existing_output_is_refused_immediately(tmp_path, score):
    write(tmp_path / "in.csv", ROWS)
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(UserError, match=r"out\.csv exists already.*overwrite=true"):
        score(classifier=Counting(0, AssertionError))
    assert (tmp_path / "out.csv").read_text() == "old" and not (tmp_path / "out.csv.shards").exists()
    score(overwrite=True)
    assert len(read(tmp_path / "out.csv")) == 23


def test_a_full_disk_keeps_what_is_finished(tmp_path, score, expected_outputs):
    expected = expected_outputs("out.csv")
    with pytest.raises(UserError, match=r"the disk is full.*finished shards are kept in .*the same command continues"):
        score(classifier=Counting(17, OSError(28, "No space left on device")))
    score()
    assert (tmp_path / "out.csv").read_bytes() == expected


def test_a_pattern_does_not_find_what_is_finished(tmp_path, score, expected_outputs):
    expected = expected_outputs("out.csv")
    (tmp_path / "whole_out.csv").unlink()
    with pytest.raises(KeyboardInterrupt):
        score(classifier=Counting(17), given="**/*.csv")
    assert score(given="**/*.csv").resumed_rows >= 5
    assert (tmp_path / "out.csv").read_bytes() == expected


def test_a_pattern_that_finds_nothing_else_is_refused(tmp_path):
    (tmp_path / "out.csv.shards").mkdir()
    (tmp_path / "out.csv.shards" / "000000.csv").write_text("text\na\n")
    with pytest.raises(UserError, match="finds nothing but the finished shards of"):
        make_plan(ScoreSettings("m", str(tmp_path / "**/*.csv"), str(tmp_path / "out.csv")), "abc", "v1")


def test_no_name_of_an_output():
    with pytest.raises(UserError, match="output= names no file"):
        make_plan(ScoreSettings("m", __file__.replace("test_shards.py", "*.py"), ""), "abc", "v1")


def test_a_folder_without_permission(tmp_path, score, monkeypatch):
    write(tmp_path / "in.csv", ROWS)
    monkeypatch.setattr("os.access", lambda *_: False)  # root, who may run the tests, can write everywhere
    with pytest.raises(UserError, match="you may not write in the folder"):
        score()


def test_on_error_fail_names_file_row_and_reason(tmp_path, score):
    write(tmp_path / "in.csv", ROWS)
    with pytest.raises(UserError, match=r"in\.csv:\d+: the text is empty\. Fix the row, or set on_error=keep"):
        score(classifier=Counting(0, AssertionError), on_error=OnError.fail)
    assert os.listdir(tmp_path) == ["in.csv"]


KILLED = """
import os, random, signal, sys, time
sys.path[:0] = {paths!r}
import pyarrow.parquet
from test_shards import KILLS, TARGETS, Counting, make_plan, score_files, ScoreSettings

class Slow(Counting):
    def probabilities(self, texts):
        time.sleep(0.03)
        return super().probabilities(texts)

draw = random.Random(7)
for target in TARGETS:
    for kill in range(KILLS):
        if not (child := os.fork()):
            try:
                settings = ScoreSettings("m", "in.csv", target, window_rows=2, shard_rows=5)
                score_files(make_plan(settings, "abc", "v1"), Slow)
            finally:
                os._exit(0)
        while kill == KILLS - 1 and not os.path.exists(target + ".shards/000001." + target.split(".", 1)[1]):
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.1))
        os.kill(child, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1]), "it had ended before"
"""
KILLS = 5  # for each target, at random times, the last when some shards exist


def test_kill_9(tmp_path, score):
    """Twenty processes without TensorFlow, forked from one process so that they start quickly."""
    write(tmp_path / "in.csv", ROWS * 4)
    program = KILLED.format(paths=[str(ROOT), str(ROOT / "tests" / "scoring")])
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=120)
    for target in TARGETS:
        assert not (tmp_path / target).exists()
        assert score(target).resumed_rows >= 5
        score(f"whole_{target}")
        assert (tmp_path / target).read_bytes() == (tmp_path / f"whole_{target}").read_bytes()
    assert len(os.listdir(tmp_path)) == 1 + 2 * len(TARGETS)
