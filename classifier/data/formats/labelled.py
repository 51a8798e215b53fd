"""The rows of labelled texts, whatever the format of their file."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.data.row import Row
from classifier.terminal import counted

TEXT, LABEL, SPLIT, PLACE = "text", "label", "split", "place"  # the columns of every format

SPLITS = {"train": "train", "training": "train", "test": "test"} | dict.fromkeys(
    ("valid", "validation", "val", "dev"), "valid"
)  # by the names that libraries and services give them


@dataclass(frozen=True, slots=True)
class Glance:
    """What a file or folder shows at first sight; formats are recognized by it."""

    path: Path
    kind: str  # folder, or the suffix of the name without a compression, such as .json
    keys: tuple[str, ...] = ()  # of the first JSON object, or of the header
    line: str = ""  # the first line of plain text


def labelled(
    number: int, text: str, label: Any, *, problem: str = "", column: str = "", split: str = "", place: str = ""
) -> Row:
    """Returns a row with the text and the label, or the reason why it cannot be used.

    Args:
        number: number of the line, the row or the task.
        text: the text.
        label: the label, or a list of labels.
        problem: why it cannot be used, or "".
        column: the column of the problem, if it concerns a single column.
        split: train, valid or test, if the file says so.
        place: the file or split inside a folder, to which `number` refers.
    """
    return Row(number, {TEXT: text, LABEL: label, SPLIT: split, PLACE: place}, problem, column)


class LeftOut:
    """Counts what annotators left without a label on purpose: it is reported, and no mistake of the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts: Counter[str] = Counter()

    def add(self, reason: str) -> None:
        """Counts a text; `reason` completes "5 were ..."."""
        self._counts[reason] += 1

    def report(self, notices: list[str]) -> None:
        """Adds a notice if anything was left out."""
        if count := self._counts.total():
            reasons = ", ".join(f"{number:,} {reason}" for reason, number in sorted(self._counts.items()))
            notices.append(f"{self._path}: left out {counted(count, 'text')} without an answer ({reasons}).")
