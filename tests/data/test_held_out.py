"""Splits by group and by time."""

import json
from datetime import date, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies
from hypothesis import settings as hypothesis_settings

from classifier.data import load_splits
from classifier.data.held_out import by_group, by_time
from classifier.data.split_keys import time_of
from classifier.errors import UserError

SHARES = {"test": 0.2, "valid": 0.1}


def table(rows, columns="text,label,key"):
    return columns + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


@given(
    rows=strategies.lists(strategies.tuples(strategies.integers(0, 30), strategies.integers(0, 3)), min_size=1),
    seed=strategies.integers(0, 2**32),
)
@hypothesis_settings(deadline=None, max_examples=100)
def test_no_group_is_in_two_splits(rows, seed):
    keys, labels = [key for key, _ in rows], np.array([label for _, label in rows])
    splits = by_group(keys, labels, SHARES, seed)
    assert len(set(zip(keys, splits, strict=True))) == len(set(keys))
    assert splits == by_group(keys, labels, SHARES, seed)
    for label in set(labels.tolist()):  # a class of a single group can be learned
        if len({key for key, one in rows if one == label}) == 1:
            assert "train" in {split for split, one in zip(splits, labels, strict=True) if one == label}


def test_groups_are_stratified():
    random = np.random.default_rng(0)
    keys = random.integers(0, 300, 3000).tolist()
    labels = (random.random(3000) < 0.2).astype(int)
    splits = np.array(by_group(keys, labels, SHARES, seed=1))
    for name, share in {"train": 0.7, **SHARES}.items():
        assert (splits == name).mean() == pytest.approx(share, abs=0.01)
        assert labels[splits == name].mean() == pytest.approx(labels.mean(), abs=0.02)


@given(times=strategies.lists(strategies.integers(0, 20), min_size=1))
def test_no_time_is_in_two_splits_and_their_order_is_that_of_time(times):
    splits = by_time(np.array(times, dtype=float), SHARES)
    spans = [[time for time, split in zip(times, splits, strict=True) if split == name] for name in
             ("train", "valid", "test")]  # fmt: skip
    spans = [span for span in spans if span]
    assert all(max(one) < min(next_one) for one, next_one in pairwise(spans))


def test_a_group_column(settings, write):
    rows = [(f"text {i} of {group}", ["a", "b"][i % 2], group) for group in range(10) for i in range(4)]
    rows += [("no group", "a", ""), ("neither", "b", " ")]
    splits = load_splits(settings(write("in.csv", table(rows)), group="key", valid_share=0.2, test_share=0.2), seed=1)
    groups = [{text.rpartition(" ")[2] for text in part.texts} for part in splits.parts().values()]
    assert [len(part) for part in splits.parts().values()] == [26, 8, 8]
    assert not groups[0] & groups[1] and not groups[0] & groups[2] and not groups[1] & groups[2]
    assert any("2 texts without key: each counts as a group of its own" in notice for notice in splits.notices)


def test_one_group_is_the_same_however_it_is_spelled(settings, write):
    keys = ["7", 7, 7.0, "07", 8, 9, 10, 11]
    lines = [json.dumps({"text": f"t{i}", "label": "ab"[i % 2], "key": key}) for i, key in enumerate(keys)]
    path = write("in.jsonl", "\n".join(lines))
    for seed in range(5):
        splits = load_splits(settings(path, group="key", valid_share=0.3, test_share=0), seed=seed)
        assert len({name for name, part in splits.parts().items() if {"t0", "t1", "t2"} & set(part.texts)}) == 1


def test_a_time_column(settings, write):
    rows = [(f"t{day}", "ab"[day % 2], f"2026-03-{day:02}") for day in range(20, 0, -1)]
    rows += [("late", "new class", "2026-03-31"), ("when", "a", "March"), ("never", "a", "")]
    splits = load_splits(settings(write("in.csv", table(rows)), time="key", max_bad_rows=1.0), seed=1)
    assert splits.test.texts == ["t20"] and splits.valid.texts == ["t19", "t18"]
    assert splits.train.label_names == ("a", "b")
    reasons = [reject.reason for reject in splits.rejects]
    assert reasons[:2] == [
        "the time 'March' is neither a date such as 2026-03-01 or 2026-03-01T10:00 nor a number",
        "the time is missing",
    ]
    assert "'new class' does not occur in train" in reasons[2]


def test_files_of_their_own_are_checked(settings, write):
    train = write("train.csv", table((f"t{i}", "ab"[i % 2], i) for i in range(40)))
    after, before = write("after.csv", table([("x", "a", 41)])), write("before.csv", table([("x", "a", 9)]))
    assert load_splits(settings(train, test=after, time="key"), seed=1).valid.texts == ["t36", "t37", "t38", "t39"]
    with pytest.raises(UserError, match=r"data.time=key: 1 row of test is not after all rows of train and valid"):
        load_splits(settings(train, test=before, time="key"), seed=1)
    with pytest.raises(UserError, match=r"data.group=key: '9' is in (train|valid) and in test"):
        load_splits(settings(train, test=before, group="key"), seed=1)


@pytest.mark.parametrize(
    ("rows", "others", "message"),
    [
        ([("x", "a", 1), ("y", "b", 1)], {"group": "key"}, "data.group=key has 1 group, which leaves nothing for test"),
        ([("x", "a", 1), ("y", "b", 1)], {"time": "key"}, "data.time=key has 1 different time, which leaves nothing"),
        ([("x", "a", 1), ("y", "b", "2026-03-01")], {"time": "key"}, "data.time=key has numbers and dates"),
        ([("x", "a", 1), ("y", "b", 2)], {"group": "kez"}, "no column 'kez'. Did you mean 'key'.*data.group"),
        ([("x", "a", 1), ("y", "b", 2)], {"group": "key", "time": "key"}, "cannot be combined"),
    ],
)
def test_what_cannot_be_split_is_refused(settings, write, rows, others, message):
    with pytest.raises(UserError, match=message):
        load_splits(settings(write("in.csv", table(rows)), **others), seed=1)


def test_a_format_without_columns_is_refused(settings, write):
    path = write("in.txt", "__label__a one\n__label__b two\n")
    with pytest.raises(UserError, match=r"data.group=user needs a table with this column"):
        load_splits(settings(path, group="user"), seed=1)


def test_times_are_compared_as_times():
    assert time_of(date(2026, 3, 1)) == time_of(datetime(2026, 3, 1)) == time_of("2026-03-01T00:00Z")
    assert time_of("10")[0] > time_of("9")[0]
