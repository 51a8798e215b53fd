"""Reads texts without labels, and leaves out those that occur in a split."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.data.examples import DataFile
from classifier.data.fields import text_columns, text_of
from classifier.data.files import file_sha256, find_files
from classifier.data.rejects import Reject, refuse_too_many
from classifier.data.rows import check_columns, read_rows
from classifier.data.splits import Splits
from classifier.data.text_form import text_form
from classifier.settings import DataSettings, Reading

SPLIT = "unlabelled"


@dataclass(frozen=True, slots=True)
class TextFile:
    """The texts of a file, with their origins, and its rows without a text."""

    texts: list[str]
    origins: list[str]
    rejects: list[Reject]


def read_texts(path: Path, reading: Reading, notices: list[str]) -> TextFile:
    """Reads all texts of a file.

    Args:
        path: path of the file, whose columns were checked.
        reading: how to read it.
        notices: list to which notices about the file are added.

    Raises:
        UserError: if the file cannot be read.
    """
    columns, found = text_columns(reading.text), TextFile([], [], [])
    for row in read_rows(path, reading, columns, notices):
        text, problem, column = text_of(row, columns)
        if problem:
            found.rejects.append(Reject(str(path), row.number, column, problem))
        else:
            found.texts.append(text)
            found.origins.append(f"{path.name}:{row.number}")
    return found


def check_unlabelled(pattern: str | Sequence[str], settings: DataSettings) -> None:
    """Raises UserError if a file or its column of texts does not exist."""
    for path in find_files(pattern):
        check_columns(path, settings)


def add_unlabelled(splits: Splits, pattern: str | Sequence[str], settings: DataSettings) -> None:
    """Adds the texts of the files to the splits, with notices, rejects and files.

    A text that also occurs in validation or test would make their results too good, and is left out; so is a text that
    also occurs in train, where it has a label.

    Raises:
        UserError: if a file cannot be read.
        TooManyBadRows: if the share of rows without a text exceeds `settings.max_bad_rows`.
    """
    forms = {name: set(map(text_form, part.texts)) for name, part in splits.parts().items()}
    dropped = dict.fromkeys(forms, 0)
    for path in find_files(pattern):
        check_columns(path, settings)
        found = read_texts(path, settings, splits.notices)
        splits.rejects += found.rejects
        rows, before = len(found.texts) + len(found.rejects), len(splits.unlabelled)
        refuse_too_many(path, rows, found.rejects, settings.max_bad_rows, splits.rejects)
        for text in found.texts:
            form = text_form(text)
            known = next((name for name, texts in forms.items() if form in texts), None)
            if known is None:
                splits.unlabelled.append(text)
            else:
                dropped[known] += 1
        used = len(splits.unlabelled) - before
        splits.files.append(DataFile(str(path), SPLIT, file_sha256(path), rows, used, {}))
    for name, count in dropped.items():
        if count:
            texts = "1 unlabelled text also occurs" if count == 1 else f"{count:,} unlabelled texts also occur"
            splits.notices.append(f"{texts} in {name}: left out.")
