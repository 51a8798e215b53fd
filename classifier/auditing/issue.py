"""An issue of a labelled text, and the table of all issues."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from classifier.files import write_records

ISSUES = "issues.csv"


class Kind(StrEnum):
    """What is wrong.

    label: the label is probably wrong.
    contradiction: the same text occurs with another label.
    near_duplicate: an earlier text of the training files is nearly the same.
    leak: a text of valid or test is nearly the same, so that their metrics are too good.
    spelling: the label differs from a more frequent one only in case, blanks or invisible marks.
    no_words: the text has no letter.
    """

    label = "label"
    contradiction = "contradiction"
    near_duplicate = "near_duplicate"
    leak = "leak"
    spelling = "spelling"
    no_words = "no_words"


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue of a row.

    Args:
        file: path of the file.
        row: number of the row, counted as in rejects.csv.
        issue: kind of the issue.
        score: from 0 to 1; the most certain are 1.
        given_label: label in the file.
        suggested_label: label that it should have, or "" if none is suggested.
    """

    file: str
    row: int
    issue: Kind
    score: float
    given_label: str
    suggested_label: str = ""


@dataclass(frozen=True, slots=True)
class Similar:
    """Two rows with nearly the same text: files, rows, labels, and the share of common runs of characters."""

    file: str
    row: int
    label: str
    other_file: str
    other_row: int
    other_label: str
    similarity: float


def write_issues(path: Path, issues: Iterable[Issue]) -> None:
    """Writes the issues as CSV with the columns file, row, issue, score, given_label, suggested_label."""
    write_records(path, Issue, issues)
