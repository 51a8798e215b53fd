"""A column that gives the label away is named, and numbers of orders are not."""

import csv

import numpy as np

from classifier.auditing.leaking_columns import leaking_columns
from classifier.settings import DataSettings


def test_the_column_that_is_filled_in_with_the_label(tmp_path):
    random, path = np.random.default_rng(0), tmp_path / "t.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["order", "text", "team", "day", "label", "open"])
        for number in range(200):
            label = random.choice(["refund", "delivery", "praise"])
            team = {"refund": "money", "delivery": "trucks", "praise": ""}[label] if number else "money"
            writer.writerow([number, f"text {number}", team, random.choice(["mon", "tue"]), label, "yes"])
    found = leaking_columns([str(path)], DataSettings(name="t", train=str(path)))
    assert list(found) == ["team"] and 0.98 <= found["team"] <= 1.0


def test_a_column_that_knows_no_more_than_the_most_frequent_label(tmp_path):
    path = tmp_path / "t.jsonl"
    rows = [f'{{"text": "t {n}", "kind": {n % 3}, "label": "{"a" if n % 100 else "b"}"}}' for n in range(300)]
    path.write_text("\n".join(rows))
    assert leaking_columns([str(path)], DataSettings(name="t", train=str(path))) == {}
