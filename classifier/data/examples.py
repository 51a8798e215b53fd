"""Reads labelled files into `Examples`, the form in which texts and labels are used for training."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier.data.classes import KnownClasses, joined_notice, near_notice
from classifier.data.fields import label_of, text_columns, text_of
from classifier.data.formats.choose import chosen_format, content_sha256, find_labelled
from classifier.data.formats.labelled import LABEL, PLACE, SPLIT, TEXT
from classifier.data.labels import class_names, in_order
from classifier.data.missing_labels import missing_notice
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
    """Texts and their labels: `label_names[labels[i]]` is the class of `texts[i]`, which was read from `origins[i]`."""

    texts: list[str]
    labels: np.ndarray  # (examples,), int32
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

    def named_labels(self) -> list[str]:
        return [self.label_names[number] for number in self.labels]

    def class_counts(self) -> dict[str, int]:
        counts = np.bincount(self.labels, minlength=len(self.label_names))
        return dict(zip(self.label_names, counts.tolist(), strict=True))


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
    label_names: tuple[str, ...] | None = None,
) -> Loaded:
    """Reads all usable rows of the files that match `pattern`.

    Args:
        pattern: path, folder or glob, or a list of these.
        settings: how to read the files.
        split: name of the split to which the files belong.
        label_names: classes of train, if they are known; rows with other labels are rejected.

    Raises:
        UserError: if a file cannot be read.
        TooManyBadRows: if the share of unusable rows exceeds `settings.max_bad_rows`.
    """
    columns, fold = text_columns(settings.text), settings.label_case is LabelCase.fold
    known = None if label_names is None else KnownClasses(label_names, fold=fold)
    gathered = _Gathered()
    for path in find_labelled(pattern, settings):
        _add_file(gathered, path, columns, settings, split, known)
    if not gathered.texts:
        raise TooManyBadRows(_empty(gathered, settings, split), gathered.rejects)
    if known is None:
        _name_classes(gathered, fold)
    names = tuple(in_order(gathered.labels)) if known is None else known.names
    if len(names) == 1:
        raise UserError(
            f"{joined_paths(gathered.files)}: every label in the column {settings.label!r} is {names[0]!r}, but a "
            "classifier needs two classes or more. Is another column meant, with data.label=?"
        )
    number = {name: i for i, name in enumerate(names)}
    labels = np.array([number[label] for label in gathered.labels], dtype=np.int32)
    examples = Examples(gathered.texts, labels, names, gathered.origins)
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


@dataclass(slots=True)
class _Gathered:
    """The content of the files of one split that has been read so far."""

    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    keys: list[Any] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    files: list[DataFile] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def _name_classes(gathered: _Gathered, fold: bool) -> None:
    """Replaces the labels with the names of their classes, and adds notices about different spellings."""
    counts = Counter(gathered.labels)
    names = class_names(counts, fold=fold)
    gathered.labels = [names[label] for label in gathered.labels]
    gathered.files = [replace(file, classes=_renamed(file.classes, names)) for file in gathered.files]
    classes = Counter(gathered.labels)
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
    known: KnownClasses | None,
) -> None:
    first, rejects, rows, others = len(gathered.texts), [], 0, 0
    label_column, form = settings.label, chosen_format(path, settings)
    if form is None:
        check_columns(path, settings, label_column)
        keys = check_split_column(path, settings)
        found = read_rows(path, settings, [*columns, label_column, *keys], gathered.notices)
    else:
        refuse_split_column(path, settings)
        columns, label_column = [TEXT], LABEL
        found = form.read(path, settings, gathered.notices)
    for row in found:
        rows += 1
        text, label, problem, column = _example(row, columns, label_column, known)
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
        gathered.labels.append(label)
        gathered.splits.append(declared)
        gathered.keys.append(key)
        gathered.origins.append(f"{place or path.name}:{row.number}")
    gathered.rejects += rejects
    refuse_too_many(path, rows, rejects, settings.max_bad_rows, gathered.rejects)
    used = gathered.labels[first:]
    counts = Counter(used)
    classes = {name: counts[name] for name in in_order(counts)}
    gathered.files.append(DataFile(str(path), split, content_sha256(path), rows, len(used), classes))
    gathered.notices += _file_notices(gathered, first, path, rows)
    if others:
        gathered.notices.append(f"{path}: left out are {counted(others, 'row')} of other splits than {split}.")


def _example(row: Row, columns: list[str], label_column: str, known: KnownClasses | None) -> tuple[str, str, str, str]:
    """Returns (text, label, problem, column of the problem); if `known` is given, other classes are a problem."""
    text, problem, column = text_of(row, columns)
    if problem:
        return text, "", problem, column
    label, problem = label_of(row.value(label_column))
    if known is None or problem:
        return text, label, problem, label_column
    name = known.find(label)
    return (text, label, known.problem(label), label_column) if name is None else (text, name, "", label_column)


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
