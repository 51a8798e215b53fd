"""The results of a sweep: the best trial, the Pareto front, tables, figures and the page."""

import csv
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from classifier.sweeps.objective import pareto, ranked
from classifier.sweeps.page import write_page
from classifier.sweeps.pictures import pictures
from classifier.sweeps.table import show_table, write_tables
from classifier.tracking.trial_records import TrialRecord

BOTH = ["valid.macro_f1", "parameters"]


def record(number, metrics, status="FINISHED", **more):
    overrides = [f"encoder.depth={number % 3}", f"optimizer.learning_rate={10.0 ** -(1 + number % 4)}"]
    history = [{"epoch": float(epoch), "valid.macro_f1": 0.1 * epoch} for epoch in (1, 2)]
    return TrialRecord(
        number, f"depth={number}", status, more.get("reason", ""), more.get("kind", "trial"), overrides,
        metrics, f"run{number}", "folder", f"id{number}", 0.0, history,
    )  # fmt: skip


TRIALS = [record(n, {"valid.macro_f1": 0.5 + 0.01 * n, "parameters": 100.0 * n, "seconds": 7.0}) for n in range(8)]
POOR = [record(8, {"seconds": 2.0}, "PRUNED", reason="<poor>"), record(9, {"seconds": 1.0}, "FAILED", reason="crashed")]


def test_the_best_is_the_highest_or_the_lowest():
    assert ranked([*TRIALS, *POOR], ["valid.macro_f1"])[0].number == 7
    assert ranked(TRIALS, ["parameters"])[0].number == 0
    assert not ranked([record(0, {"valid.macro_f1": 1.0}, kind="refit")], ["valid.macro_f1"])


@given(some.lists(some.tuples(some.integers(0, 5), some.integers(0, 5)), min_size=1, max_size=20))
def test_the_front_holds_all_that_nothing_surpasses_and_nothing_else(pairs):
    trials = [record(n, {"valid.macro_f1": f1, "parameters": size}) for n, (f1, size) in enumerate(pairs)]
    front = {trial.number for trial in pareto(trials, BOTH)}
    for number, (f1, size) in enumerate(pairs):
        better = any(a >= f1 and b <= size and (a, b) != (f1, size) for a, b in pairs)
        assert (number in front) is not better


def test_tables_hold_every_trial_and_metric(tmp_path, capsys):
    write_tables(tmp_path, [*TRIALS, *POOR])
    with (tmp_path / "trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows].count("FINISHED") == 8
    assert (rows[8]["reason"], rows[8]["valid.macro_f1"], rows[8]["seconds"]) == ("<poor>", "", "2.0")
    assert json.loads((tmp_path / "trials.json").read_text())[1]["history"][1] == {"epoch": 2.0, "valid.macro_f1": 0.2}
    show_table([*TRIALS, *POOR], BOTH)
    output = capsys.readouterr().out
    assert output.index("depth=7") < output.index("depth=8")


def test_the_page_is_self_contained(tmp_path):
    write_page(tmp_path, "<depths>", [*TRIALS, *POOR], ["encoder.depth", "optimizer.learning_rate"], BOTH)
    page = (tmp_path / "sweep.html").read_text()
    names = {path.stem for path in tmp_path.glob("*.png")}
    assert names == {"history", "learning_curves", "importance", "parallel_coordinates", "slices", "pareto", "time"}
    assert page.count("data:image/png;base64,") == len(names)
    assert "&lt;depths&gt;" in page and "&lt;poor&gt;" in page and "<poor>" not in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize("trials", [[], POOR, TRIALS[:1], [record(0, {"seconds": 1.0}, "KILLED")]])
def test_pictures_of_little_are_few(trials):
    assert set(pictures(trials, ["encoder.depth"], ["valid.macro_f1"])) <= {"history", "learning_curves", "time"}


def test_trials_on_different_examples_are_drawn_without_a_best():
    trials = [replace(trial, validated_on=str(trial.number % 2)) for trial in TRIALS]
    assert ranked(trials, BOTH) == pareto(trials, BOTH) == []
    assert ranked(trials, ["parameters"])
    figures = pictures(trials, ["encoder.depth"], BOTH)
    assert set(figures) == {"history", "learning_curves", "slices", "time"}
    assert "best so far" not in [line.get_label() for line in figures["history"].axes[0].lines]


def test_pruned_curves_are_dashed():
    (axes,) = pictures([*TRIALS, *POOR], ["encoder.depth"], ["valid.macro_f1"])["learning_curves"].axes
    assert [line.get_linestyle() for line in axes.lines].count("--") == 2  # the pruned trial and its legend
