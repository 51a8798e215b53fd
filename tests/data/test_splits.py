"""Splits are disjoint, complete, stratified and reproducible."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies
from hypothesis import settings as hypothesis_settings

from classifier.data import load_splits, write_contradictions
from classifier.data.stratified import stratified
from classifier.errors import UserError
from classifier.settings import DataSettings

REAL = Path(os.environ.get("CLASSIFIER_DATA", "data"))


def csv_of(examples):
    return "text,label\n" + "".join(f"{text},{label}\n" for text, label in examples)


LABELS = strategies.lists(strategies.integers(0, 4), min_size=1, max_size=300)
SHARES = strategies.lists(strategies.floats(0.01, 0.45), min_size=1, max_size=2)


@given(labels=LABELS, shares=SHARES, seed=strategies.integers(0, 2**32))
@hypothesis_settings(deadline=None, max_examples=150)
def test_split_properties(labels, shares, seed):
    labels = np.array(labels)
    texts = [f"text {i}" for i in range(len(labels))]
    parts = stratified(texts, labels, shares, seed)
    assert sorted(np.concatenate(parts)) == list(range(len(labels)))  # disjoint and complete
    assert all((np.diff(part) > 0).all() for part in parts)
    again = stratified(texts, labels, shares, seed)
    assert all((one == two).all() for one, two in zip(parts, again, strict=True))
    for label, count in zip(*np.unique(labels, return_counts=True), strict=True):
        sizes = [int((labels[part] == label).sum()) for part in parts]
        if count <= len(shares):
            assert sizes == [count] + [0] * len(shares)
        else:
            assert all(sizes)
            # A part may get its guaranteed text, or give up a text to another part.
            assert all(abs(size - count * share) <= 2 for size, share in zip(sizes[1:], shares, strict=True))


@given(texts=strategies.lists(strategies.sampled_from("abcdefghij"), max_size=60), seed=strategies.integers(0, 99))
@hypothesis_settings(deadline=None, max_examples=60)
def test_equal_texts_stay_together(texts, seed):
    labels = np.array([ord(text) % 2 for text in texts], dtype=np.int32)
    parts = [{texts[i] for i in part} for part in stratified(texts, labels, [0.2, 0.3], seed)]
    assert sum(map(len, parts)) == len(set(texts))


def test_texts_with_several_labels_stay_in_train():
    texts, labels = ["torn"] * 2 + list("abcdefgh"), np.array([0, 1] * 5)
    for seed in range(20):
        train, _, _ = stratified(texts, labels, [0.3, 0.3], seed)
        assert {0, 1} <= set(train.tolist())


def test_many_small_classes_keep_the_share_of_the_whole():
    labels = np.repeat(np.arange(77), 14)
    _, test = stratified([str(i) for i in range(len(labels))], labels, [0.1], seed=1)
    assert len(test) == round(0.1 * len(labels))


@pytest.fixture
def train(write):
    return str(write("train.csv", csv_of((f"text {i}", "abc"[i % 3]) for i in range(99))))


def test_without_a_share_there_is_no_test_split(settings, train):
    splits = load_splits(settings(train, test_share=0), seed=1)
    assert (len(splits.train), len(splits.valid), splits.test) == (89, 10, None)
    assert list(splits.parts()) == ["train", "valid"]


def test_valid_and_test_are_split_off_train(settings, train):
    splits = load_splits(settings(train, valid_share=0.1, test_share=0.2), seed=1)
    assert (len(splits.train), len(splits.valid), len(splits.test)) == (69, 10, 20)
    assert splits.train.label_names == splits.valid.label_names == splits.test.label_names == ("a", "b", "c")
    assert set(splits.test.class_counts().values()) <= {6, 7}
    origins = {*splits.train.origins, *splits.valid.origins, *splits.test.origins}
    assert origins == {f"train.csv:{line}" for line in range(2, 101)}
    assert [(file.split, file.rows, file.used) for file in splits.files] == [("train", 99, 99)]
    assert splits.notices == []


def test_the_split_depends_on_content_and_seed_alone(settings, train, write):
    elsewhere = str(write("elsewhere/copy.csv.gz", Path(train).read_text()))
    one, same, other = (load_splits(settings(path), seed) for path, seed in [(train, 7), (elsewhere, 7), (train, 8)])
    assert one.test.texts == same.test.texts and one.valid.texts == same.valid.texts
    assert one.test.texts != other.test.texts


def test_another_share_of_valid_leaves_test_as_it_is(settings, train):
    small, large = (load_splits(settings(train, valid_share=share), seed=1) for share in (0.1, 0.3))
    assert small.test.texts == large.test.texts


def test_a_named_test_leaves_train_whole_but_for_valid(settings, train, write):
    test = str(write("test.csv", csv_of([("text 3", "a"), ("new", "c")])))
    splits = load_splits(settings(train, test=test), seed=1)
    assert (len(splits.train) + len(splits.valid), splits.test.texts) == (99, ["text 3", "new"])
    assert splits.test.label_names == ("a", "b", "c")
    assert splits.test.class_counts() == {"a": 1, "b": 0, "c": 1}
    assert splits.notices == ["1 text of test also occurs in train."]
    assert [file.split for file in splits.files] == ["train", "test"]


def test_three_named_files(settings, train, write):
    valid, test = (str(write(f"{name}.csv", csv_of([(f"{name} 1", "a")]))) for name in ("valid", "test"))
    splits = load_splits(settings(train, valid=valid, test=[test], valid_share=0, test_share=5), seed=1)
    assert (len(splits.train), splits.valid.texts, splits.test.texts) == (99, ["valid 1"], ["test 1"])


def test_rare_classes_stay_in_train_and_are_noticed(settings, write):
    path = write(
        "train.csv",
        csv_of([*((f"text {i}", "common") for i in range(30)), ("a", "rare"), ("b", "rare"), ("c", "once")]),
    )
    splits = load_splits(settings(str(path)), seed=1)
    assert splits.train.class_counts() == {"common": 24, "once": 1, "rare": 2}
    (notice,) = splits.notices
    assert "too few different texts to be split" in notice and "'once' (1), 'rare' (2)" in notice


def test_a_class_with_a_single_example_is_noticed(settings, write, train):
    path = str(write("single.csv", csv_of([("a", "x"), ("b", "x"), ("c", "y")])))
    other = str(write("other.csv", csv_of([("d", "x")])))
    assert load_splits(settings(path, valid=other, test=other), seed=1).notices == [
        "Classes with a single example in train: 'y' (1)."
    ]


def test_contradictory_texts_are_listed_with_their_rows(settings, write, tmp_path):
    torn = [
        ("torn caf\u00e9", "a"),
        ("same", "a"),
        ("torn  cafe\u0301 ", "b"),
        ("same", "a"),
        ("other", "b"),
        ("other", "a"),
    ]
    path = write("train.csv", csv_of([*torn, *((f"text {i}", "ab"[i % 2]) for i in range(20))]))
    splits = load_splits(settings(str(path)), seed=1)
    assert splits.notices == ["2 texts occur in train with more than one label; contradictions.csv lists the rows."]
    write_contradictions(tmp_path / "found.csv", splits.contradictions)
    with (tmp_path / "found.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["text", "label", "row"],
            ["torn caf\u00e9", "a", "train.csv:2"],
            ["torn  cafe\u0301 ", "b", "train.csv:4"],
            ["other", "b", "train.csv:6"],
            ["other", "a", "train.csv:7"],
        ]


def test_the_same_text_in_other_bytes_is_counted_across_splits(settings, write, train):
    test = str(write("test.csv", csv_of([("text\u00a0 3", "a"), ("new", "c")])))
    assert load_splits(settings(train, test=test), seed=1).notices == ["1 text of test also occurs in train."]


def test_the_smallest_set_that_can_be_split(settings, write):
    path = write("train.csv", csv_of((f"text {i}", "ab"[i % 2]) for i in range(6)))
    splits = load_splits(settings(str(path)), seed=1)
    assert all(part.class_counts() == {"a": 1, "b": 1} for part in (splits.train, splits.valid, splits.test))


def test_rejects_and_files_of_all_splits_are_reported(settings, write):
    rows = [(f"text {i}", "ab"[i % 2]) for i in range(6)]
    train, test = (str(write(f"{name}.csv", csv_of([*rows, ("", "a")]))) for name in ("train", "test"))
    splits = load_splits(settings(train, valid=train, test=test, max_bad_rows=0.2), seed=1)
    assert [(reject.file, reject.row) for reject in splits.rejects] == [(train, 8), (train, 8), (test, 8)]


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"valid_share": 0}, "data.valid_share=0 is not between 0 and 1"),
        ({"valid_share": 1.5}, "data.valid_share=1.5 is not between 0 and 1"),
        ({"valid_share": 0.5, "test_share": 0.5}, "leave nothing for train"),
    ],
)
def test_shares_that_cannot_be(settings, train, others, message):
    with pytest.raises(UserError, match=message):
        load_splits(settings(train, **others), seed=1)


def test_labels_of_which_none_has_enough_texts(settings, write):
    path = write("train.csv", csv_of([("a", "x"), ("b", "y"), ("c", "y"), ("c", "y")]))
    with pytest.raises(UserError, match="4 texts with 2 labels, none of which has 3 different texts, so that no test"):
        load_splits(settings(str(path)), seed=1)


def test_nearly_as_many_classes_as_texts_are_noticed(settings, write):
    path = write("train.csv", csv_of((f"text {i}", f"id {max(i, 4)}") for i in range(30)))
    found = load_splits(settings(str(path)), seed=1).notices[0]
    assert found == "train has 26 classes for 30 texts: is data.label=label the column of the classes?"


def test_the_classes_of_a_model_number_the_examples(settings, train):
    names = ("c", "a", "b", "none")
    splits, own = load_splits(settings(train), seed=1, label_names=names), load_splits(settings(train), seed=1)
    assert splits.test.label_names == names
    assert sorted(zip(splits.train.texts, splits.train.named_labels(), strict=True)) == sorted(
        (f"text {i}", "abc"[i % 3]) for i in range(99) if f"text {i}" in splits.train.texts
    )
    assert len(splits.train) == len(own.train)


@pytest.mark.skipif(
    not (REAL / "trec6").is_dir(), reason="the public data sets are not here; set CLASSIFIER_DATA to their folder"
)
def test_real_data():
    folder = REAL / "trec6"
    splits = load_splits(DataSettings(name="trec6", train=f"{folder}/train.csv", test=f"{folder}/test.csv", root=""), 1)
    assert (len(splits.train) + len(splits.valid), len(splits.test), len(splits.train.label_names)) == (5452, 500, 6)
    assert "10 texts of test also occur in train." in splits.notices
