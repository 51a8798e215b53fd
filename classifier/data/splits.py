"""Train, valid and test: read from their files, or split off train such that every class keeps its share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.data.examples import DataFile, Examples, read_examples
from classifier.data.rejects import Reject
from classifier.errors import UserError
from classifier.settings import DataSettings


@dataclass(slots=True)
class Splits:
    """The three sets, with the same `label_names`; and what a report has to say about where they come from."""

    train: Examples
    valid: Examples
    test: Examples
    rejects: list[Reject]
    files: list[DataFile]
    notices: list[str]


def load_splits(settings: DataSettings, seed: int) -> Splits:
    """Reads train and, where they are named, valid and test; what is not named is split off train.

    The split depends on the usable rows, their order and the seed alone: that of the settings, else `seed`.
    Raises UserError for input that cannot serve.
    """
    if str(settings.train).startswith(f"{settings.root}/") and not Path(settings.root).is_dir():
        raise UserError(
            f"There is no folder data.root={settings.root}: name the one that holds {settings.name}/ with data.root=, "
            "or with the environment variable CLASSIFIER_DATA."
        )
    shares = _wanted_shares(settings)
    loaded = {"train": read_examples(settings.train, settings, split="train")}
    names = loaded["train"].examples.label_names
    for split, pattern in (("valid", settings.valid), ("test", settings.test)):
        if pattern is not None:
            loaded[split] = read_examples(pattern, settings, split=split, label_names=names)
    parts = {split: one.examples for split, one in loaded.items()}
    train = parts.pop("train")
    overlaps = _overlap_notices(train, parts)  # of the files as they are given, whatever is split off them
    seed = seed if settings.split_seed is None else settings.split_seed
    parts |= _split_off(train, shares, seed) if shares else {"train": train}
    return Splits(
        **parts,
        rejects=[reject for one in loaded.values() for reject in one.rejects],
        files=[file for one in loaded.values() for file in one.files],
        notices=[note for one in loaded.values() for note in one.notices] + _class_notices(parts, shares) + overlaps,
    )


def _wanted_shares(settings: DataSettings) -> dict[str, float]:
    """The shares of train to split off, by the split for which no file is named."""
    shares = {}
    if settings.test is None:
        shares["test"] = settings.test_share
    if settings.valid is None:
        shares["valid"] = settings.valid_share
    for split, share in shares.items():
        if not 0 < share < 1:
            raise UserError(f"data.{split}_share={share:g} is not between 0 and 1; or name a file with data.{split}=.")
    if sum(shares.values()) >= 1:
        raise UserError("data.valid_share and data.test_share together leave nothing of train; make them smaller.")
    return shares


def _split_off(examples: Examples, shares: dict[str, float], seed: int) -> dict[str, Examples]:
    places = stratified(examples.texts, examples.labels, list(shares.values()), seed)
    parts = {split: examples.take(found) for split, found in zip(["train", *shares], places, strict=True)}
    for split in shares:
        if not len(parts[split]):
            raise UserError(
                f"train has too few different texts to split {split} off it; name a file with data.{split}=."
            )
    return parts


def stratified(texts: Sequence[str], labels: np.ndarray, shares: Sequence[float], seed: int) -> list[np.ndarray]:
    """The places of the remainder, then of one part for each share; each in ascending order.

    Equal texts stay together, and with the remainder where their labels differ. A class of more different texts than
    there are shares is in every part and in the remainder; a smaller one is in the remainder only.
    """
    copies: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        copies.setdefault(text, []).append(place)
    groups = [places for places in copies.values() if len(set(labels[places].tolist())) == 1]
    label_of_group = np.array([labels[places[0]] for places in groups], dtype=np.int64)
    part_of = np.zeros(len(texts), dtype=np.int64)
    random = np.random.default_rng(seed)
    before = 0
    for label in np.unique(label_of_group):
        members = random.permutation(np.flatnonzero(label_of_group == label))
        parts = np.repeat(np.arange(1, len(shares) + 1), _part_sizes(before, len(members), shares))
        for group, part in zip(members, parts, strict=False):
            part_of[groups[group]] = part
        before += len(members)
    return [np.flatnonzero(part_of == part) for part in range(len(shares) + 1)]


def _part_sizes(before: int, count: int, shares: Sequence[float]) -> list[int]:
    """How many of a class's `count` texts each part gets, `before` texts of other classes having been given out."""
    sizes: list[int] = []
    if count <= len(shares):
        return [0] * len(shares)
    for later, share in zip(reversed(range(len(shares))), shares, strict=True):
        # Rounding the running total, not each class alone, keeps the share of the whole with many small classes too.
        due = round(share * (before + count)) - round(share * before)
        sizes.append(min(max(due, 1), count - sum(sizes) - later - 1))
    return sizes


def _class_notices(parts: dict[str, Examples], shares: dict[str, float]) -> list[str]:
    """Names the classes that are too small to be split, or to be learnt."""
    counts = parts["train"].class_counts()
    split_off = [parts[split].class_counts() for split in shares]
    small = [name for name in counts if (any(not part[name] for part in split_off) if shares else counts[name] == 1)]
    if not small:
        return []
    shown = ", ".join(f"{name!r} ({counts[name]})" for name in small[:5])
    more = f" and {len(small) - 5} more" if len(small) > 5 else ""
    what = "too few different texts to be split, so they stay in train" if shares else "a single example in train"
    return [f"Classes with {what}: {shown}{more}."]


def _overlap_notices(train: Examples, others: dict[str, Examples]) -> list[str]:
    """Counts the texts that make a measurement too good, or a label uncertain."""
    labels_of: dict[str, set[int]] = {}
    for text, label in zip(train.texts, train.labels.tolist(), strict=True):
        labels_of.setdefault(text, set()).add(label)
    counts = {split: sum(text in labels_of for text in examples.texts) for split, examples in others.items()}
    notices = [f"{_stand(count, f' of {split} also')} in train." for split, count in counts.items() if count]
    torn = sum(len(labels) > 1 for labels in labels_of.values())
    return [*notices, f"{_stand(torn)} in train with more than one label."] if torn else notices


def _stand(count: int, which: str = "") -> str:
    return f"1 text{which} stands" if count == 1 else f"{count:,} texts{which} stand"
