"""Reads labelled files into `Examples`, the form in which texts and labels are used for training."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from classifier.data.classes import KnownClasses, joined_notice, near_notice
from classifier.data.fields import text_columns, text_of
from classifier.data.formats.choose import chosen_format, content_sha256, find_labelled
from classifier.data.formats.labelled import LABEL, PLACE, SPLIT, TEXT
from classifier.data.label_reader import LabelReader, label_columns
from classifier.data.labels import class_names, in_order
from classifier.data.missing_labels import missing_notice
from classifier.data.none_of_these import none_label, renamed_none
from classifier.data.rejects import Reject, TooManyBadRows, first_rejects, refuse_too_many
from classifier.data.row import Row
from classifier.data.rows import check_columns, read_rows
from classifier.data.split_keys import check_split_column, refuse_split_column, split_key
from classifier.errors import UserError
from classifier.settings import DataFormat, DataSettings, LabelCase
from classifier.terminal import counted

LONG_TEXT = 100_000  # characters; a longer text is more likely a mistake in the file


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Texts and their labels: `label_names[labels[i]]` is the class of `texts[i]`, which was read from `origins[i]`.

    If a text can have several labels, `labels[i, j]` is 1 if it has the label `label_names[j]`, and 0 otherwise.
    """

    texts: list[str]
    labels: np.ndarray  # (examples,), int32; or (examples, classes), int8
    label_names: tuple[str, ...]
    origins: list[str]  # "train.csv:17"

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices: Iterable[int]) -> "Examples":
        """Returns the examples at the given indices, in this order, with unchanged classes."""
        places = np.asarray(indices if isinstance(indices, np.ndarray) else list(indices), dtype=np.intp)
        return Examples(
            [self.texts[i] for i in places], self.labels[places], self.label_names, [self.origins[i] for i in places]
        )

    @property
    def several(self) -> bool:
        """Whether a text can have several labels, or none."""
        return self.labels.ndim == 2

    def named_labels(self) -> list[str] | list[tuple[str, ...]]:
        """Returns the label of each text; a tuple of labels if a text can have several."""
        if self.several:
            return [tuple(self.label_names[number] for number in np.flatnonzero(row)) for row in self.labels]
        return [self.label_names[number] for number in self.labels]

    def class_counts(self) -> dict[str, int]:
        """Returns the number of texts of each class."""
        if self.several:
            counts = self.labels.sum(axis=0, dtype=int)
        else:
            counts = np.bincount(self.labels, minlength=len(self.label_names))
        return dict(zip(self.label_names, counts.tolist(), strict=True))

    def with_classes(self, kept: np.ndarray) -> tuple["Examples", np.ndarray]:
        """Returns the examples with some of the classes only, and whether each has no label of another class.

        Args:
            kept: numbers of the classes, in ascending order.
        """
        names = tuple(self.label_names[number] for number in kept)
        if self.several:
            labels = self.labels[:, kept]
            known = labels.sum(axis=1) == self.labels.sum(axis=1)
        else:
            known = np.isin(self.labels, kept)
            labels = np.searchsorted(kept, self.labels).astype(np.int32)  # meaningless where it is not known
        return Examples(self.texts, labels, names, self.origins), known

    def without_last(self) -> tuple["Examples", "Examples"]:
        """Returns the examples of the other classes, without the last class, and those of the last class."""
        narrowed, known = self.with_classes(np.arange(len(self.label_names) - 1))
        return narrowed.take(np.flatnonzero(known)), self.take(np.flatnonzero(~known))

    def answers(self) -> np.ndarray:
        """Returns a number for each text, (examples,), which is equal for texts with the same labels."""
        return np.unique(self.labels, axis=0, return_inverse=True)[1].ravel() if self.several else self.labels


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that was read, with enough information to check later whether it is unchanged."""

    path: str
    split: str
    sha256: str
    rows: int
    used: int
    classes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Loaded:
    examples: Examples
    rejects: list[Reject]
    files: list[DataFile]
    notices: list[str]
    splits: list[str] = field(default_factory=list)  # of each example, if its file says so: train, valid, test or ""
    keys: list[Any] = field(default_factory=list)  # of each example: the value by which it is split, see split_key


def read_examples(
    pattern: str | Path | Sequence[str],
    settings: DataSettings,
    *,
    split: str,
    several: bool = False,
    label_names: tuple[str, ...] | None = None,
) -> Loaded:
    """Reads all usable rows of the files that match `pattern`.

    Args:
        pattern: path, folder or glob, or a list of these.
        settings: how to read the files.
        split: name of the split to which the files belong.
        several: whether a text can have several labels, or none.
        label_names: classes of train, if they are known; rows with other labels are rejected.

    Raises:
        UserError: if a file cannot be read.
        TooManyBadRows: if the share of unusable rows exceeds `settings.max_bad_rows`.
    """
    columns, fold = text_columns(settings.text), settings.label_case is LabelCase.fold
    known = None if label_names is None else KnownClasses(label_names, fold=fold)
    reader = LabelReader(label_columns(settings), several, settings.separator, known)
    gathered = _Gathered()
    for path in find_labelled(pattern, settings):
        _add_file(gathered, path, columns, settings, split, reader)
    if not gathered.texts:
        raise TooManyBadRows(_empty(gathered, settings, split), gathered.rejects)
    if known is None:
        _name_classes(gathered, fold, settings)
    names = _class_names(gathered, settings) if known is None else known.names
    if len(names) - (known is None and settings.none_of_these is not None) < 2:
        what = f"every label in the column {settings.label!r} is {names[0]!r}" if names else "no text has a label"
        if known is None and settings.none_of_these is not None:
            what += f" or that of data.none_of_these={settings.none_of_these}"
        raise UserError(
            f"{joined_paths(gathered.files)}: {what}, but a classifier needs two classes or more. Is another column "
            "meant, with data.label=?"
        )
    if known is None:
        gathered.notices += reader.notices(gathered.labels)
    examples = Examples(gathered.texts, _numbers(gathered.labels, names, several), names, gathered.origins)
    return Loaded(examples, gathered.rejects, gathered.files, gathered.notices, gathered.splits, gathered.keys)


def _empty(gathered: "_Gathered", settings: DataSettings, split: str) -> str:
    """Explains that no row of the files can be used."""
    where = joined_paths(gathered.files)
    if gathered.rejects:
        unused = f"none of {counted(len(gathered.rejects), 'row')} can be used"
        return f"{where}: {unused}, so that {split} is empty.{first_rejects(gathered.rejects)}"
    if settings.format in (DataFormat.auto, DataFormat.table):
        return f"{where}: there are no rows, so that {split} is empty."
    return (
        f"{where}: there are no labelled texts in the format of data.format={settings.format.name}. Leave data.format "
        "out if it is a file of another kind."
    )


def _numbers(labels: list[tuple[str, ...]], names: tuple[str, ...], several: bool) -> np.ndarray:
    """Returns the labels as `Examples` has them."""
    number = {name: i for i, name in enumerate(names)}
    if not several:
        return np.array([number[label] for (label,) in labels], dtype=np.int32)
    found = np.zeros((len(labels), len(names)), np.int8)
    for row, of_text in enumerate(labels):
        found[row, [number[label] for label in of_text]] = 1
    return found


@dataclass(slots=True)
class _Gathered:
    """The content of the files of one split that has been read so far."""

    texts: list[str] = field(default_factory=list)
    labels: list[tuple[str, ...]] = field(default_factory=list)  # of each text
    origins: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    keys: list[Any] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    files: list[DataFile] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def _class_names(gathered: _Gathered, settings: DataSettings) -> tuple[str, ...]:
    """Returns the names of the classes in order; that of `data.none_of_these` is the last one."""
    names, last = in_order(chain.from_iterable(gathered.labels)), none_label(settings)
    return tuple(names) if last is None else (*(name for name in names if name != last), last)


def _name_classes(gathered: _Gathered, fold: bool, settings: DataSettings) -> None:
    """Replaces the labels with the names of their classes, and adds notices about different spellings."""
    counts = Counter(chain.from_iterable(gathered.labels))
    names = renamed_none(class_names(counts, fold=fold), settings)
    gathered.labels = [tuple(dict.fromkeys(names[label] for label in of_text)) for of_text in gathered.labels]
    gathered.files = [replace(file, classes=_renamed(file.classes, names)) for file in gathered.files]
    classes = Counter(chain.from_iterable(gathered.labels))
    gathered.notices += [*joined_notice(counts, names), *near_notice(classes), *missing_notice(classes)]


def _renamed(counts: Mapping[str, int], names: Mapping[str, str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for label, count in counts.items():
        found[names[label]] += count
    return {name: found[name] for name in in_order(found)}


def _add_file(
    gathered: _Gathered,
    path: Path,
    columns: list[str],
    settings: DataSettings,
    split: str,
    reader: LabelReader,
) -> None:
    first, rejects, rows, others = len(gathered.texts), [], 0, 0
    form = chosen_format(path, settings)
    if form is None:
        check_columns(path, settings, reader.columns)
        keys = check_split_column(path, settings)
        found = read_rows(path, settings, [*columns, *reader.columns, *keys], gathered.notices)
    else:
        refuse_split_column(path, settings)
        columns, reader = [TEXT], reader.for_format(LABEL)
        found = form.read(path, settings, gathered.notices)
    for row in found:
        rows += 1
        text, labels, problem, column = _example(row, columns, reader)
        key, fault, at = split_key(row, settings)
        problem, column = (problem, column) if problem else (fault, at)
        place, declared = (row.values.get(PLACE, ""), row.values.get(SPLIT, "")) if form else ("", "")
        if split != "train" and declared not in ("", split):
            others += 1
            continue
        if problem:
            rejects.append(Reject(str(path / place), row.number, column, problem))
            continue
        gathered.texts.append(text)
        gathered.labels.append(labels)
        gathered.splits.append(declared)
        gathered.keys.append(key)
        gathered.origins.append(f"{place or path.name}:{row.number}")
    gathered.rejects += rejects
    refuse_too_many(path, rows, rejects, settings.max_bad_rows, gathered.rejects)
    used = gathered.labels[first:]
    counts = Counter(chain.from_iterable(used))
    classes = {name: counts[name] for name in in_order(counts)}
    gathered.files.append(DataFile(str(path), split, content_sha256(path), rows, len(used), classes))
    gathered.notices += _file_notices(gathered, first, path, rows)
    if others:
        gathered.notices.append(f"{path}: left out are {counted(others, 'row')} of other splits than {split}.")


def _example(row: Row, columns: list[str], reader: LabelReader) -> tuple[str, tuple[str, ...], str, str]:
    """Returns (text, labels, problem, column of the problem)."""
    text, problem, column = text_of(row, columns)
    return (text, (), problem, column) if problem else (text, *reader.read(row))


def _file_notices(gathered: _Gathered, first: int, path: Path, rows: int) -> list[str]:
    if not rows:
        return [f"{path} has no rows."]
    long = [(origin, len(text)) for origin, text in zip(gathered.origins[first:], gathered.texts[first:], strict=True)
            if len(text) > LONG_TEXT]  # fmt: skip
    more = f", and {counted(len(long) - 3, 'more text')} of such a length" if len(long) > 3 else ""
    shown = ", ".join(f"{origin} has {length:,} characters" for origin, length in long[:3])
    return [f"Very long texts: {shown}{more}."] if long else []


def joined_paths(files: list[DataFile]) -> str:
    """Returns the paths of the files, for the beginning of a message."""
    return ", ".join(file.path for file in files[:3]) + (
        f" and {counted(len(files) - 3, 'more file')}" if len(files) > 3 else ""
    )
