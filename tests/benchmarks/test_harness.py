"""The harness of the benchmarks, with toys in place of contenders, and each benchmark on tiny data."""

import os
from functools import partial
from pathlib import Path

import pytest
from harness.markdown import spread, table, write_blocks
from harness.results import kept
from harness.workers import Failed, Worker, by_part, in_turn, run

HERE = Path(__file__).parent


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Makes workers whose toys write into tmp_path/diary; they end with the test."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    made = []

    def make(name: str, target: str = "toys:Toy") -> Worker:
        made.append(Worker(name, target, name, str(tmp_path / "diary"), log=tmp_path / "logs" / f"{name}.log"))
        return made[-1]

    yield make
    for worker in made:
        worker.close()


def test_each_contender_has_its_process_and_its_turn(toy, tmp_path):
    workers = {name: toy(name) for name in ("a", "b", "c")}
    answers = in_turn({name: partial(worker.ask, "work", seconds=0.01) for name, worker in workers.items()}, rounds=3)
    entries = [line.split() for line in (tmp_path / "diary").read_text().splitlines()]
    assert "".join(name for name, _ in entries) == "abcbcacab"  # each round begins with another
    processes = {name: {number for other, number in entries if other == name} for name in workers}
    assert all(len(numbers) == 1 for numbers in processes.values())
    assert len(set.union(*processes.values()) | {str(os.getpid())}) == 4
    assert all(len(found) == 3 and min(by_part(found)["all"]) >= 0.01 for found in answers.values())
    assert "a library that prints" in workers["a"].log.read_text()


@pytest.mark.parametrize(
    ("method", "target", "error"),
    [
        ("fail", "toys:Toy", "ValueError: bad has no weights"),
        ("crash", "toys:Toy", "out of memory"),
        ("work", "toys:broken", "ImportError: no module of that name"),
        ("work", "no_such_module:Toy", "ModuleNotFoundError"),
    ],
)
def test_a_contender_that_fails_is_reported_and_the_others_go_on(toy, capsys, method, target, error):
    jobs = {"bad": partial(toy("bad", target).ask, method), "good": partial(toy("good").ask, "work")}
    answers = in_turn(jobs, rounds=2)
    assert list(answers) == ["good"]
    assert len(answers["good"]) == 2
    reported = capsys.readouterr().err
    assert error in reported
    assert reported.count("Left out: bad") == 1


def test_a_contender_that_fails_later_has_no_result(toy):
    assert in_turn({"late": toy("late").ask, "good": toy("good").ask}, rounds=0) == {"late": [], "good": []}
    assert in_turn({"late": partial(toy("late").ask, "late")}, rounds=1) == {"late": [None]}
    assert in_turn({"late": partial(toy("late").ask, "late")}, rounds=3) == {}


def test_a_worker_ends_with_its_seconds_and_memory(toy):
    worker = toy("one")
    assert worker.close().seconds == 0  # it has not even started
    worker.ask("work", seconds=0.1)
    process = worker.process
    usage = worker.close()
    assert usage.seconds > 0.1 and usage.peak_memory_mb > 1
    assert process is not None and process.returncode == 0


def test_a_command_is_measured_and_its_failure_is_told(tmp_path):
    assert run(["-c", "import time; time.sleep(0.1)"], tmp_path / "log").seconds > 0.1
    with pytest.raises(Failed, match="exit code 3: no such file"):
        run(["-c", "import sys; print('no such file'); sys.exit(3)"], tmp_path / "log")


def test_a_result_is_measured_once_for_the_same_options(tmp_path):
    calls = []

    def measure(what: str):
        calls.append(what)
        return {"seconds": [1.5, 2.5]}

    for options in ({"rounds": (1, 2)}, {"rounds": [1, 2]}, {"rounds": [3]}):
        result = kept(tmp_path / "case", options, partial(measure, str(options)))
        assert result["found"] == {"seconds": [1.5, 2.5]}
    assert calls == ["{'rounds': (1, 2)}", "{'rounds': [3]}"]
    assert int(result["machine"]["cores"]) >= 1


def test_an_interrupted_measurement_continues(tmp_path):
    def interrupt():
        raise KeyboardInterrupt

    kept(tmp_path / "first", {}, lambda: 1)
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "result.json").write_text('{"seconds": 3}')
    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path / "second", {}, interrupt)
    assert [kept(tmp_path / "first", {}, interrupt)["found"], kept(tmp_path / "second", {}, lambda: 2)["found"]] == [
        1,
        2,
    ]


def test_a_table_has_a_cell_for_each_column():
    rows = [{"data": "a|b", "rows/s": "1\n2"}, {"data": "c", "p50": 3}]
    assert table(rows).splitlines() == [
        "| data | rows/s | p50 |",
        "| --- | ---: | ---: |",
        r"| a\|b | 1 2 | – |",
        "| c | – | 3 |",
    ]
    assert spread([3, 1, 2], ".1f") == "2.0 (1.0–3.0)"


def test_only_the_marked_blocks_of_a_page_are_written(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# Title\n\n<!-- a: begin -->\nold\n<!-- a: end -->\n\nBy hand.\n<!-- b: begin --><!-- b: end -->\n"
    )
    write_blocks(page, {"a": r"new \1", "b": "table\n"})
    written = (
        "# Title\n\n<!-- a: begin -->\n\nnew \\1\n\n<!-- a: end -->\n\nBy hand.\n"
        "<!-- b: begin -->\n\ntable\n\n<!-- b: end -->\n"
    )
    assert page.read_text() == written
    for name in ("c", "a: begin --><!-- b"):
        with pytest.raises(ValueError, match="once each"):
            write_blocks(page, {"a": "newer", name: "text"})
    assert page.read_text() == written
