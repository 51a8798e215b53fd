"""The labelled texts of all files that are audited, with the place of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from classifier.auditing.issue import Similar
from classifier.auditing.leaking_columns import leaking_columns
from classifier.data import Examples, Loaded, Reject, read_examples
from classifier.data.near_duplicates import Pair
from classifier.errors import UserError
from classifier.settings import DataSettings

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class Pool:
    """Labelled texts.

    Args:
        examples: the texts of all files.
        files: path of the file of each text.
        rows: number of the row of each text.
        splits: split of each text: train, valid or test.
        rejects: rows that cannot be used.
        notices: notices of the readers.
        leaking_columns: accuracy of the label by each column that gives it away.
    """

    examples: Examples
    files: list[str]
    rows: list[int]
    splits: list[str]
    rejects: list[Reject]
    notices: list[str]
    leaking_columns: dict[str, float] = field(default_factory=dict)

    def label(self, place: int) -> str:
        """Returns the label of a text."""
        return self.examples.label_names[self.examples.labels[place]]

    def similar(self, pair: Pair) -> Similar:
        """Returns the rows of a pair of texts, the later one first."""
        (one, two), files, rows = (pair.second, pair.first), self.files, self.rows
        return Similar(
            *(files[one], rows[one], self.label(one)),
            *(files[two], rows[two], self.label(two)),
            round(pair.similarity, 3),
        )

    def of_split(self, *splits: str) -> np.ndarray:
        """Returns the indices of the texts of some splits, in ascending order."""
        return np.flatnonzero(np.isin(self.splits, splits))


def read_pool(data: DataSettings) -> Pool:
    """Reads the files of all splits that the settings name.

    Raises:
        UserError: if no file of train is named, or a file cannot be read.
    """
    if data.train is None:
        raise UserError("Name the files to audit: classifier audit messages.csv, or data.train=messages.csv.")
    patterns = {split: getattr(data, split) for split in SPLITS}
    settings = replace(data, none_of_these=None)  # that label is audited like any other
    loaded = {split: read_examples(one, settings, split=split) for split, one in patterns.items() if one is not None}
    names = tuple(dict.fromkeys(name for part in loaded.values() for name in part.examples.label_names))
    number = {name: place for place, name in enumerate(names)}
    labels = [number[str(label)] for part in loaded.values() for label in part.examples.named_labels()]
    texts = [text for part in loaded.values() for text in part.examples.texts]
    origins = [origin for part in loaded.values() for origin in part.examples.origins]
    return Pool(
        Examples(texts, np.array(labels, np.int32), names, origins),
        [file for part in loaded.values() for file in files_of(part)],
        [int(origin.rpartition(":")[2]) for origin in origins],
        [declared or split for split, part in loaded.items() for declared in part.splits],
        [reject for part in loaded.values() for reject in part.rejects],
        [notice for part in loaded.values() for notice in part.notices],
        leaking_columns([file.path for file in loaded["train"].files], data),
    )


def files_of(loaded: Loaded) -> Iterator[str]:
    """Yields the path of the file of each example."""
    for file in loaded.files:
        yield from [file.path] * file.used
