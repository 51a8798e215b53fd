"""Rows are counted by label, for any order of the parts."""

import numpy as np

from classifier.scoring.totals import MOST_LABELS, Totals, totals_table
from classifier.terminal import show


def test_rows_labels_scores_and_errors():
    first, second = Totals(3), Totals(3)
    first.add(np.array([[0.7, 0.2, 0.1], [0, 0, 0], [0.5, 0.1, 0.4]]), ["", "broken", ""])
    second.add(np.array([[0.1, 0.0, 0.9]]), [""])
    second.add(np.zeros((0, 3)), [])
    second.add(np.zeros((1, 3)), ["broken"])
    whole = Totals(3)
    whole.add_json([first.as_json(), second.as_json()])
    assert whole.summary(["a", "b", "c"]) == {
        "rows": 5,
        "errors": 2,
        "mean_score": 0.7,
        "labels": {
            "a": {"rows": 2, "mean_score": 0.6},
            "b": {"rows": 0, "mean_score": None},
            "c": {"rows": 1, "mean_score": 0.9},
        },
    }
    assert Totals(2).summary(["a", "b"])["mean_score"] is None


def test_the_table_shows_the_most_frequent_labels_and_sums_up_the_rest(capsys):
    totals = Totals(MOST_LABELS + 5)
    totals.add(np.eye(MOST_LABELS + 5)[[0, 3, 3, *range(MOST_LABELS + 5)]], [""] * (MOST_LABELS + 8))
    show(totals_table(totals.summary([f"label [b{i}]" for i in range(MOST_LABELS + 5)])))
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert "label [b3]" in lines[2] and "label [b0]" in lines[3]
    assert "5 more labels" in shown
