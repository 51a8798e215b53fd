"""The embedded corpus corresponds to its card: eight classes, short clean texts, three disjoint splits."""

import csv
import re
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import classifier.data

FOLDER = Path(classifier.data.__file__).parent / "embedded"
SPLITS = ("train", "valid", "test")
LABELS = {"account", "billing", "cancellation", "delivery", "feedback", "product", "returns", "technical"}
ALIKE = 0.6  # common words / all words, above which two texts count as duplicates


@pytest.fixture(scope="module")
def corpus() -> dict[str, list[list[str]]]:
    """split -> [text, label] rows, without the header."""
    return {split: list(csv.reader(content(split).splitlines(), strict=True))[1:] for split in SPLITS}


def content(split: str) -> str:
    return (FOLDER / f"{split}.csv").read_bytes().decode("utf-8")


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower().replace("'", ""))


def alike(left: list[str], right: list[str]) -> list[tuple[str, str]]:
    """Returns pairs of texts from two lists that share too many words; shorter texts than five words must be equal."""
    bags = [set(words(text)) for text in left + right]
    places = {word: place for place, word in enumerate(sorted(set().union(*bags)))}
    table = np.zeros((len(bags), len(places)), np.float32)
    for row, bag in enumerate(bags):
        table[row, [places[word] for word in bag]] = 1
    sizes = table.sum(axis=1)
    one, other = sizes[: len(left), None], sizes[None, len(left) :]
    common = table[: len(left)] @ table[len(left) :].T
    share = common / np.maximum(one + other - common, 1)
    found = share >= np.where(np.minimum(one, other) >= 5, ALIKE, 1)
    return [(left[i], right[j]) for i, j in zip(*np.nonzero(found), strict=True)]


@pytest.mark.parametrize("split", SPLITS)
def test_two_columns_and_unix_lines(split):
    text = content(split)
    assert text.startswith("text,label\n") and text.endswith("\n") and "\r" not in text
    assert {len(row) for row in csv.reader(text.splitlines(), strict=True)} == {2}


def test_every_split_has_every_label_equally_often(corpus):
    assert sum(len(rows) for rows in corpus.values()) >= 1_200
    for rows in corpus.values():
        counts = Counter(label for _, label in rows)
        assert set(counts) == LABELS
        assert len(set(counts.values())) == 1


def test_the_card_gives_the_counts(corpus):
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for label in LABELS:
        row = next(line for line in card.splitlines() if line.startswith(f"| {label} "))
        counts = [sum(name == label for _, name in corpus[split]) for split in SPLITS]
        assert [int(cell) for cell in row.split("|")[-4:-1]] == counts


def test_texts_are_short_and_clean(corpus):
    for text in (text for rows in corpus.values() for text, _ in rows):
        assert 3 <= len(text.split()) <= 120, text
        assert text == text.strip()
        assert not [sign for sign in text if unicodedata.category(sign) in ("Cc", "Zl", "Zp")], text


@pytest.mark.parametrize(("one", "other"), [("train", "valid"), ("train", "test"), ("valid", "test")])
def test_splits_share_no_text(corpus, one, other):
    assert alike(*([text for text, _ in corpus[split]] for split in (one, other))) == []


def test_alike_finds_a_reworded_text():
    assert alike(["Where is my red kettle now?"], ["where is my kettle now", "I want another kettle, a red one"]) == [
        ("Where is my red kettle now?", "where is my kettle now")
    ]
    assert alike(["It's late!!"], ["its LATE", "it was late"]) == [("It's late!!", "its LATE")]
