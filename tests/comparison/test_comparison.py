"""Ties are shown as ties, gains and losses are counted, and page and tables are complete."""

import csv
import re

import numpy as np
import pytest

from classifier.comparison.comparison import class_changes, compare, differences, entry
from classifier.comparison.files import write_comparison
from classifier.comparison.report import Report, terminal_tables, verdict
from classifier.evaluation.metrics import evaluate
from classifier.evaluation.predictions import Predictions, aligned_to, content_hash
from classifier.evaluation.scored import Scored
from classifier.terminal import show

EXAMPLES, NAMES = 301, ["bird", "fruit", "tool"]
LABELS = np.arange(EXAMPLES) % 3


def with_errors(*ranges):
    """Returns the correct answers, except for the given ranges of examples."""
    predicted = LABELS.copy()
    for start, stop in ranges:
        predicted[start:stop] = (predicted[start:stop] + 1) % 3
    return predicted


def made(name, *rows, seed=0):
    return entry(name, LABELS, np.array(rows), 3, seed)


@pytest.fixture(scope="module")
def entries():
    return [
        made("poor", with_errors((0, 90))),
        made("good", with_errors((0, 30))),
        made("as good", with_errors((5, 37))),
    ]


@pytest.fixture(scope="module")
def report(entries):
    comparison = compare(entries, "accuracy")
    texts = [f"text {row}" if row else "<em>marked</em>" for row in range(EXAMPLES)]
    labels = [NAMES[label] for label in LABELS]
    examples = Predictions([f"t.csv:{row}" for row in range(EXAMPLES)], texts, labels, labels, NAMES, "a1")
    names = [one.name for one in comparison.standings]
    by_name = {one.name: one for one in entries}
    return Report(
        comparison,
        [by_name[name] for name in names],
        examples,
        LABELS,
        NAMES,
        {name: [f"{name} (id)"] for name in names},
        {"encoder.depth": dict(zip(names, "123", strict=True))},
        ["crashed (id) is FAILED"],
        "three entries",
    )


def test_the_ranking_shows_ties_as_ties(entries):
    comparison = compare(entries, "accuracy")
    assert [(one.name, one.places) for one in comparison.standings] == [
        ("good", (1, 2)),
        ("as good", (1, 2)),
        ("poor", (3, 3)),
    ]
    assert "no difference from it is shown for as good." in verdict(comparison)[0]


def test_nobody_is_first_alone_with_equal_results(entries):
    same = made("same", with_errors((100, 130)))
    comparison = compare([*entries, same], "accuracy")
    assert verdict(comparison)[0] == (
        "good and same have the highest accuracy, but no difference from them is shown for as good."
    )
    assert verdict(compare([entries[1], same], "accuracy"))[0] == "good and same have the highest accuracy."


def test_the_best_of_two_that_are_apart(entries):
    comparison = compare(entries[:2], "macro_f1")
    assert [one.places for one in comparison.standings] == [(1, 1), (2, 2)]
    assert verdict(comparison)[0] == "good has the highest macro F1, by more than chance."


def test_a_pair_has_the_better_one_first_and_counts_who_alone_is_right(entries):
    pair = compare(entries, "accuracy").pairs[0]
    assert (pair.first, pair.second) == ("good", "as good")
    assert (pair.only_first, pair.only_second, pair.exact) == (7, 5, True)
    assert pair.differences["accuracy"].value == pytest.approx(2 / EXAMPLES)
    assert pair.adjusted["accuracy"] >= pair.differences["accuracy"].p_value


def test_the_other_way_round_a_difference_has_the_other_sign(entries):
    there, back = differences(entries[0], entries[1]), differences(entries[1], entries[0])
    for metric in ("accuracy", "macro_f1"):
        assert there[metric].value == -back[metric].value
        assert there[metric].interval.low == pytest.approx(-back[metric].interval.high)
        assert there[metric].p_value == pytest.approx(back[metric].p_value)


def test_seeds_are_repeats_with_mean_and_deviation(entries):
    repeated = made("repeated", with_errors((0, 20)), with_errors((0, 26)), with_errors((10, 42)), seed=1)
    comparison = compare([*entries, repeated], "accuracy")
    best = comparison.standings[0]
    accuracies = 1 - np.array([20, 26, 32]) / EXAMPLES
    assert (best.name, best.repeats) == ("repeated", 3)
    assert best.means["accuracy"] == pytest.approx(accuracies.mean())
    assert best.deviations["accuracy"] == pytest.approx(accuracies.std(ddof=1))
    assert comparison.standings[1].deviations["accuracy"] is None
    assert not comparison.pairs[0].exact


def test_a_class_gains_and_loses(entries):
    changes = class_changes(LABELS, entries[1], entries[2], NAMES)
    assert [row.support for row in changes] == [101, 100, 100]
    assert sum(row.gained for row in changes) == 5
    assert sum(row.lost for row in changes) == 7


def test_one_entry_alone_is_described(entries):
    comparison = compare(entries[:1], "accuracy")
    assert (comparison.pairs, comparison.smallest, comparison.standings[0].places) == ([], None, (1, 1))
    assert "differ in their seed alone" in verdict(comparison)[0]


def test_the_page_needs_no_other_file_and_runs_nothing(report, tmp_path):
    page = write_comparison(tmp_path, report).read_text()
    assert "<em>" not in page
    assert "&lt;em&gt;" in page
    assert all(address.startswith("data:image/png") for address in re.findall(r'(?:src|href)="([^"]{,20})', page))
    for expected in ("three entries", "crashed (id) is FAILED", "encoder.depth", "text 3", "good (id)"):
        assert expected in page


def test_the_tables_hold_all_of_it(report, tmp_path):
    write_comparison(tmp_path, report)
    tables = {path.stem: list(csv.DictReader(path.read_text().splitlines())) for path in tmp_path.glob("*.csv")}
    assert {name: len(rows) for name, rows in tables.items()} == {
        "ranking": 3,
        "pairs": 3,
        "settings": 1,
        "classes": 6,
        "examples": 65,
    }
    assert tables["examples"][0]["label"] == "bird"
    assert tables["examples"][0]["as good"] == "bird"
    assert tables["examples"][0]["poor"] == "fruit"
    assert tables["pairs"][0]["accuracy_test"] == "McNemar, exact"


def test_the_terminal_shows_the_ranking_at_80_columns(report, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for table in terminal_tables(report):
        show(table)
    printed = capsys.readouterr().out
    assert "[0.8" in printed
    assert "1-2" in printed
    assert max(map(len, printed.splitlines())) <= 80


def table(texts, labels, predicted):
    origins = [f"t.csv:{row}" for row in range(len(texts))]
    return Predictions(origins, texts, labels, predicted, NAMES, content_hash(texts, labels))


def test_the_same_examples_in_another_order_are_brought_together():
    first = table(["owl", "saw", "owl", "pear"], ["bird", "tool", "fruit", "fruit"], ["bird"] * 4)
    other = table(["pear", "owl", "saw", "owl"], ["fruit", "fruit", "tool", "bird"], ["fruit", "tool", "tool", "bird"])
    assert other.content == first.content
    aligned = aligned_to(first, other)
    assert aligned.predicted == ["bird", "tool", "tool", "fruit"]
    assert (aligned.texts, aligned.labels) == (first.texts, first.labels)


OTHERS = [(["ax", "b"], "12"), (["a", "b"], "21"), (["a"], "1"), (["a", "b", "b"], "122"), (["ab", ""], "12")]


@pytest.mark.parametrize(("texts", "labels"), OTHERS)
def test_other_texts_or_labels_have_another_hash(texts, labels):
    assert content_hash(["a", "b"], "12") != content_hash(texts, labels)


def test_few_right_answers_are_no_certainty():
    labels = np.array([0, 1, 0, 1])
    for predicted in (labels[None], np.stack([labels, labels])):
        of_entry = entry("a", labels, predicted, 2).intervals
        assert of_entry["accuracy"].low == pytest.approx(0.510, abs=0.001)  # Wilson's for 4 of 4
        assert of_entry["macro_f1"].low < 0.8
        assert of_entry["accuracy"].high == of_entry["macro_f1"].high == 1
    split = evaluate(Scored(labels, np.eye(2)[labels] * 0.8 + 0.1, ["a", "b"]))
    assert of_entry["accuracy"] == split.intervals["accuracy"]
    assert of_entry["macro_f1"].low == pytest.approx(split.intervals["macro_f1"].low)
