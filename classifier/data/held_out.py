"""Splits by group, so that no group is in two splits, and by time, so that the test comes after what was learned."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from classifier.data.examples import Loaded, joined_paths
from classifier.data.stratified_sets import distribute
from classifier.errors import UserError
from classifier.settings import DataSettings
from classifier.terminal import counted


def hold_out(read: Loaded, shares: Mapping[str, float], settings: DataSettings, seed: int) -> Loaded:
    """Assigns each example that was read for train to a split, by `data.group` or `data.time`.

    Args:
        read: the examples; none of them has a split.
        shares: shares of test and valid.
        settings: with `group` or `time`.
        seed: seed of the order of groups of the same size.

    Raises:
        UserError: if the examples cannot be split in this way.
    """
    if settings.time is not None:
        splits = by_time(_times(read, settings.time), shares)
        what = f"data.time={settings.time} has {counted(len(set(read.keys)), 'different time')}"
    else:
        keys = [("", place) if key is None else key for place, key in enumerate(read.keys)]
        split_by = sets_by_group if read.examples.several else by_group
        splits = split_by(keys, read.examples.labels, shares, seed)
        what = f"data.group={settings.group} has {counted(len(set(keys)), 'group')}"
    if empty := [name for name in ("train", *shares) if name not in splits]:
        hint = "Add rows, " if empty[0] == "train" else f"Name a file with data.{empty[0]}=, "
        raise UserError(
            f"{joined_paths(read.files)}: {what}, which leaves nothing for {empty[0]}, because rows of the same "
            f"value stay together. {hint}or split by another column."
        )
    return replace(read, splits=splits, notices=[*read.notices, *_notices(read, splits, shares, settings)])


def by_time(times: np.ndarray, shares: Mapping[str, float]) -> list[str]:
    """Returns the split of each example: train, then valid, then test; equal times are never separated.

    >>> by_time(np.array([3.0, 1.0, 2.0, 2.0]), {"test": 0.25, "valid": 0.5})
    ['test', 'train', 'valid', 'valid']
    """
    ordered = np.sort(times)
    splits = np.full(len(times), "train", dtype=object)
    before = len(times)
    for name in ("test", "valid"):
        if name in shares:
            before -= round(shares[name] * len(times))
            begin = ordered[min(max(before, 0), len(times) - 1)]
            splits[(times >= begin) & (splits == "train")] = name
    return splits.tolist()


def by_group(keys: list[Any], labels: np.ndarray, shares: Mapping[str, float], seed: int) -> list[str]:
    """Returns the split of each example; each group is in one split, with the classes in proportion where possible.

    The groups are assigned from the largest to the smallest, each to the split in which it reduces the squared
    deviation from the wanted number of examples of each class most. A class that occurs in one group only stays in
    train.
    """
    places: dict[Any, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    groups = [np.array(found) for found in places.values()]
    totals = np.bincount(labels)
    counts = [np.unique(labels[found], return_counts=True) for found in groups]
    groups_of_class = np.bincount(np.concatenate([classes for classes, _ in counts]), minlength=len(totals))
    names = ["train", *shares]
    wanted = np.array([1 - sum(shares.values()), *shares.values()])[:, None] * totals
    have = np.zeros_like(wanted)
    splits = np.full(len(keys), "train", dtype=object)
    order = np.random.default_rng(seed).permutation(len(groups))
    for group in sorted(order.tolist(), key=lambda group: -len(groups[group])):
        classes, sizes = counts[group]
        change = (sizes * (sizes + 2 * (have[:, classes] - wanted[:, classes])) / totals[classes]).sum(axis=1)
        chosen = 0 if (groups_of_class[classes] == 1).any() else int(change.argmin())
        have[chosen, classes] += sizes
        splits[groups[group]] = names[chosen]
    return splits.tolist()


def sets_by_group(keys: list[Any], labels: np.ndarray, shares: Mapping[str, float], seed: int) -> list[str]:
    """As `by_group`, for texts with several labels each, (texts, classes); see `stratified_sets.distribute`."""
    number = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    groups = np.array([number[key] for key in keys])
    counts = np.zeros((len(number), labels.shape[1]), np.int64)
    np.add.at(counts, groups, labels)
    parts = distribute(counts, np.bincount(groups), np.array([1 - sum(shares.values()), *shares.values()]), seed)
    names = np.array(["train", *shares], dtype=object)
    return names[parts[groups]].tolist()


def check_given(loaded: Mapping[str, Loaded], settings: DataSettings) -> None:
    """Raises UserError if splits of separate files share a group, or the test is not after what was learned."""
    if settings.group is not None:
        seen: dict[Any, str] = {}
        for split, read in loaded.items():
            for key in set(read.keys) - {None}:
                if (other := seen.setdefault(key, split)) != split:
                    raise UserError(
                        f"data.group={settings.group}: {key!r} is in {other} and in {split}. Move its rows into one "
                        "file, or leave out data.group."
                    )
    if settings.time is not None and "test" in loaded:
        latest = max(max(_times(loaded[split], settings.time)) for split in loaded if split != "test")
        if early := sum(time <= latest for time in _times(loaded["test"], settings.time)):
            raise UserError(
                f"data.time={settings.time}: {counted(early, 'row')} of test {'is' if early == 1 else 'are'} "
                "not after all rows of train and valid. Leave "
                "out data.test to split by time, or leave out data.time."
            )


def _times(read: Loaded, column: str) -> np.ndarray:
    if len({kind for kind, _ in read.keys}) > 1:
        raise UserError(f"{joined_paths(read.files)}: data.time={column} has numbers and dates; write all of one kind.")
    return np.array([number for _, number in read.keys])


def _notices(read: Loaded, splits: list[str], shares: Mapping[str, float], settings: DataSettings) -> list[str]:
    """Reports examples without a group, and splits whose share is far from what was wanted."""
    found = []
    if settings.group is not None and (missing := sum(key is None for key in read.keys)):
        found.append(f"{counted(missing, 'text')} without {settings.group}: each counts as a group of its own.")
    for name, share in shares.items():
        actual = splits.count(name) / len(splits)
        if abs(actual - share) > share / 2:
            found.append(f"{name} has {actual:.1%} of the texts instead of {share:.1%}, so that no {_kept(settings)}.")
    return found


def _kept(settings: DataSettings) -> str:
    return "group is in two splits" if settings.group is not None else "time is in two splits"
