"""Train, valid and test splits: read from files, or split off train with stratification by class."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier.data.declared import declared_splits
from classifier.data.duplicates import Contradiction, find_duplicates
from classifier.data.examples import DataFile, Examples, Loaded, joined_paths, read_examples
from classifier.data.folds import fold_places, shared_texts_notice
from classifier.data.held_out import check_given, hold_out
from classifier.data.none_of_these import none_label, none_notice, refuse_several
from classifier.data.rejects import Reject
from classifier.data.split_keys import split_column
from classifier.data.stratified import stratified
from classifier.data.stratified_sets import stratified_sets
from classifier.errors import UserError
from classifier.settings import DataSettings
from classifier.terminal import counted

FEW = 20  # texts; a smaller data set is an example or a test, in which small classes are expected


@dataclass(slots=True)
class Splits:
    """The three splits, with the same `label_names`, and information about their origin for the report."""

    train: Examples
    valid: Examples
    test: Examples | None  # None if data.test_share=0: there is no test split
    rejects: list[Reject]
    files: list[DataFile]
    notices: list[str]
    contradictions: list[Contradiction]
    unlabelled: list[str] = field(default_factory=list)  # texts that only a teacher labels
    taught: np.ndarray | None = None  # its probabilities for train and these texts, (texts, classes); None: no teacher
    folds: "list[Splits]" = field(default_factory=list)  # of a cross-validation; the test of each is one of its parts
    none_of_these: str | None = None  # the last class, if it is that of texts that belong to none of the others

    def parts(self) -> dict[str, Examples]:
        """Returns the splits by name, without test if there is no test split."""
        parts = {"train": self.train, "valid": self.valid, "test": self.test}
        return {name: examples for name, examples in parts.items() if examples is not None}

    def learned(self) -> "Splits":
        """Returns the splits of the classes that can be learned: without `none_of_these` if train has no text of it."""
        if self.none_of_these is None or self.train.class_counts()[self.none_of_these]:
            return self
        return replace(
            self, train=self.train.without_last()[0], valid=self.valid.without_last()[0], test=None, folds=[]
        )

    def outside(self) -> list[str]:
        """Returns the validation texts that belong to none of the classes."""
        return [] if self.none_of_these is None else self.valid.without_last()[1].texts


def load_splits(
    settings: DataSettings, seed: int, *, several: bool = False, label_names: tuple[str, ...] | None = None
) -> Splits:
    """Reads train, and reads valid and test from their files or splits them off train.

    The split depends only on the usable rows, their order and the seed.

    Args:
        settings: files, and how to read and split them.
        seed: seed of the split, unless the settings have one.
        several: whether a text can have several labels, or none.
        label_names: classes of a model that is evaluated on these data; None means the classes of train.

    Raises:
        UserError: if the input cannot be used.
    """
    check_root(settings)
    none = none_label(settings) if label_names is None else None  # a model knows its own
    if several:
        refuse_several(settings)
    shares = _wanted_shares(settings)
    seed = seed if settings.split_seed is None else settings.split_seed
    read = read_examples(settings.train, settings, split="train", several=several, label_names=label_names)
    places = fold_places(read, settings, seed) if settings.folds else []
    in_several = shared_texts_notice(read.examples.texts, [test for *_, test in places])
    folds = [_fold_of(read.examples, none, *of_fold) for of_fold in places]
    if split_column(settings) and shares:
        read = hold_out(read, shares, settings, seed)
    free = [split for split in ("valid", "test") if getattr(settings, split) is None]
    loaded = declared_splits(read, free, none, known_names=label_names is not None)
    shares = {split: share for split, share in shares.items() if split not in loaded}
    names = loaded["train"].examples.label_names
    for split, pattern in (("valid", settings.valid), ("test", settings.test)):
        if pattern is not None:
            loaded[split] = read_examples(pattern, settings, split=split, several=several, label_names=names)
    check_given(loaded, settings)
    parts = {split: part.examples for split, part in loaded.items()}
    train = parts.pop("train")
    # Searched in the given files, before anything is split off.
    contradictions, duplicates = find_duplicates(train, parts)
    parts |= _split_off(loaded["train"], shares, seed, settings.label) if shares else {"train": train}
    notices = [note for part in loaded.values() for note in part.notices]
    if none is not None:
        notices.append(
            none_notice(none, {"train": {}, **{split: part.class_counts() for split, part in parts.items()}})
        )
    return Splits(
        **{"test": None, **parts},
        rejects=[reject for part in loaded.values() for reject in part.rejects],
        files=[file for part in loaded.values() for file in part.files],
        notices=[
            *notices,
            *_many_classes_notice(train, settings.label),
            *_class_notices(parts, shares, none),
            *duplicates,
            *in_several,
        ],
        contradictions=contradictions,
        folds=folds,
        none_of_these=none,
    )


def _fold_of(examples: Examples, none: str | None, train: np.ndarray, valid: np.ndarray, test: np.ndarray) -> Splits:
    """Returns the splits of a fold from the indices of their examples."""
    train_part, valid_part, test_part = (examples.take(places) for places in (train, valid, test))
    return Splits(train_part, valid_part, test_part, [], [], [], [], none_of_these=none)


def check_root(settings: DataSettings) -> None:
    """Raises UserError if the folder of the named data sets is missing, and one of them was chosen."""
    if str(settings.train).startswith(f"{settings.root}/") and not Path(settings.root).is_dir():
        raise UserError(
            f"There is no folder data.root={settings.root}: name the one that holds {settings.name}/ with data.root=, "
            "or with the environment variable CLASSIFIER_DATA."
        )


def _wanted_shares(settings: DataSettings) -> dict[str, float]:
    """Returns the shares to split off train, for the splits without a file."""
    shares = {}
    if settings.test is None and settings.test_share and not settings.folds:
        shares["test"] = settings.test_share
    if settings.valid is None:
        shares["valid"] = settings.valid_share
    for split, share in shares.items():
        if not 0 < share < 1:
            raise UserError(f"data.{split}_share={share:g} is not between 0 and 1; or name a file with data.{split}=.")
    if sum(shares.values()) >= 1:
        raise UserError("data.valid_share and data.test_share together leave nothing for train; reduce them.")
    return shares


def _split_off(train: Loaded, shares: dict[str, float], seed: int, label_column: Any) -> dict[str, Examples]:
    examples = train.examples
    split_by = stratified_sets if examples.several else stratified
    places = split_by(examples.texts, examples.labels, list(shares.values()), seed)
    parts = {split: examples.take(found) for split, found in zip(["train", *shares], places, strict=True)}
    for split in shares:
        if not len(parts[split]):
            raise UserError(f"{joined_paths(train.files)}: {_no_split(examples, split, len(parts), label_column)}")
    return parts


def _no_split(examples: Examples, split: str, needed: int, label_column: Any) -> str:
    """Explains why nothing could be split off train: no class has enough different texts."""
    counts = [count for count in examples.class_counts().values() if count]
    if examples.several:
        return (
            f"{counted(len(examples), 'text')} cannot be split so that {split} has any: add texts, or name a file with "
            f"data.{split}=."
        )
    how = "each of which occurs once" if max(counts) == 1 else f"none of which has {needed} different texts"
    return (
        f"there are {counted(len(examples), 'text')} with {counted(len(counts), 'label')}, {how}, so that no "
        f"{split} can be split off. Is data.label={label_column} the column of the classes? If so, add texts, or name "
        f"a file with data.{split}=."
    )


def _many_classes_notice(train: Examples, label_column: Any) -> list[str]:
    """Questions the label column if there are nearly as many classes as texts."""
    classes = sum(count > 0 for count in train.class_counts().values())
    if classes <= len(train) / 2 or len(train) < FEW:
        return []
    found = f"train has {classes:,} classes for {len(train):,} texts"
    return [f"{found}: is data.label={label_column} the column of the classes?"]


def _class_notices(parts: dict[str, Examples], shares: dict[str, float], none: str | None) -> list[str]:
    """Lists the classes that are too small to be split or to be learned."""
    counts = parts["train"].class_counts()
    if none is not None and not counts[none]:
        counts.pop(none)
    split_off = [parts[split].class_counts() for split in shares]
    small = [name for name in counts if (any(not part[name] for part in split_off) if shares else counts[name] == 1)]
    if not small:
        return []
    shown = ", ".join(f"{name!r} ({counts[name]})" for name in small[:5])
    more = f" and {len(small) - 5} more" if len(small) > 5 else ""
    what = "too few different texts to be split, so they stay in train" if shares else "a single example in train"
    if shares and parts["train"].several:
        what = "too few different texts to be in every split"
    return [f"Classes with {what}: {shown}{more}."]
