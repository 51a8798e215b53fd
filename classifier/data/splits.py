"""Train, valid and test: read from their files, or split off train such that every class keeps its share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.data.duplicates import Contradiction, find_duplicates
from classifier.data.examples import DataFile, Examples, Loaded, named, read_examples
from classifier.data.rejects import Reject
from classifier.data.text_form import text_form
from classifier.errors import UserError
from classifier.settings import DataSettings

FEW = 20  # texts; fewer are an example or a test, whose classes may well be small


@dataclass(slots=True)
class Splits:
    """The three sets, with the same `label_names`; and what a report has to say about where they come from."""

    train: Examples
    valid: Examples
    test: Examples | None  # None: data.test_share=0, and nothing is tested
    rejects: list[Reject]
    files: list[DataFile]
    notices: list[str]
    contradictions: list[Contradiction]

    def parts(self) -> dict[str, Examples]:
        """The sets by name, without a test set if there is none."""
        parts = {"train": self.train, "valid": self.valid, "test": self.test}
        return {name: examples for name, examples in parts.items() if examples is not None}


def load_splits(settings: DataSettings, seed: int, *, label_names: tuple[str, ...] | None = None) -> Splits:
    """Reads train and, where they are named, valid and test; what is not named is split off train.

    The split depends on the usable rows, their order and the seed alone: that of the settings, else `seed`.
    `label_names`: the classes of a model that is to be measured on these data; None for those of train.
    Raises UserError for input that cannot serve.
    """
    if str(settings.train).startswith(f"{settings.root}/") and not Path(settings.root).is_dir():
        raise UserError(
            f"There is no folder data.root={settings.root}: name the one that holds {settings.name}/ with data.root=, "
            "or with the environment variable CLASSIFIER_DATA."
        )
    shares = _wanted_shares(settings)
    loaded = {"train": read_examples(settings.train, settings, split="train", label_names=label_names)}
    names = loaded["train"].examples.label_names
    for split, pattern in (("valid", settings.valid), ("test", settings.test)):
        if pattern is not None:
            loaded[split] = read_examples(pattern, settings, split=split, label_names=names)
    parts = {split: one.examples for split, one in loaded.items()}
    train = parts.pop("train")
    # Looked for in the files as they are given, whatever is split off them.
    contradictions, duplicates = find_duplicates(train, parts)
    seed = seed if settings.split_seed is None else settings.split_seed
    parts |= _split_off(loaded["train"], shares, seed, settings.label) if shares else {"train": train}
    notices = [note for one in loaded.values() for note in one.notices]
    return Splits(
        **{"test": None, **parts},
        rejects=[reject for one in loaded.values() for reject in one.rejects],
        files=[file for one in loaded.values() for file in one.files],
        notices=[*notices, *_many_classes_notice(train, settings.label), *_class_notices(parts, shares), *duplicates],
        contradictions=contradictions,
    )


def _wanted_shares(settings: DataSettings) -> dict[str, float]:
    """The shares of train to split off, by the split for which no file is named."""
    shares = {}
    if settings.test is None and settings.test_share:
        shares["test"] = settings.test_share
    if settings.valid is None:
        shares["valid"] = settings.valid_share
    for split, share in shares.items():
        if not 0 < share < 1:
            raise UserError(f"data.{split}_share={share:g} is not between 0 and 1; or name a file with data.{split}=.")
    if sum(shares.values()) >= 1:
        raise UserError("data.valid_share and data.test_share together leave nothing of train; make them smaller.")
    return shares


def _split_off(train: Loaded, shares: dict[str, float], seed: int, label_column: str) -> dict[str, Examples]:
    examples = train.examples
    places = stratified(examples.texts, examples.labels, list(shares.values()), seed)
    parts = {split: examples.take(found) for split, found in zip(["train", *shares], places, strict=True)}
    for split in shares:
        if not len(parts[split]):
            raise UserError(f"{named(train.files)}: {_no_split(examples, split, len(parts), label_column)}")
    return parts


def _no_split(examples: Examples, split: str, needed: int, label_column: str) -> str:
    """Why nothing could be split off train, where no class has as many different texts as are needed."""
    counts = [count for count in examples.class_counts().values() if count]
    how = "each of which occurs once" if max(counts) == 1 else f"none of which has {needed} different texts"
    return (
        f"{len(examples):,} texts have {len(counts):,} labels, {how}, so that no {split} can be split off. Is "
        f"data.label={label_column} the column of the classes? If so, add texts, or name a file with data.{split}=."
    )


def stratified(texts: Sequence[str], labels: np.ndarray, shares: Sequence[float], seed: int) -> list[np.ndarray]:
    """The places of the remainder, then of one part for each share; each in ascending order.

    Texts of the same `text_form` stay together, and with the remainder where their labels differ. A class of more
    different texts than there are shares is in every part and in the remainder; a smaller one is in the remainder only.
    """
    copies: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        copies.setdefault(text_form(text), []).append(place)
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


def _many_classes_notice(train: Examples, label_column: str) -> list[str]:
    """Doubts a label column of nearly as many classes as there are texts."""
    classes = sum(count > 0 for count in train.class_counts().values())
    if classes <= len(train) / 2 or len(train) < FEW:
        return []
    found = f"train has {classes:,} classes for {len(train):,} texts"
    return [f"{found}: is data.label={label_column} the column of the classes?"]


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
