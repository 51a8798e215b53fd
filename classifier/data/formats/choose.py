"""Chooses the format of files and folders: the one that `data.format` names, or the one that they plainly have."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from classifier.data.files import COMPRESSIONS, FORMATS, file_sha256, find_files
from classifier.data.formats import (
    argilla,
    azure,
    comprehend,
    docbin,
    doccano,
    fasttext,
    folders,
    huggingface,
    label_studio,
    prodigy,
    rasa,
    vertex,
)
from classifier.data.formats.labelled import Glance
from classifier.data.json_lines import read_json
from classifier.data.lines import read_lines
from classifier.data.row import Row
from classifier.data.rows import open_rows
from classifier.errors import UserError
from classifier.settings import DataFormat, DataSettings

T = TypeVar("T")


class Format(Protocol):
    """A module of this package."""

    def recognizes(self, glance: Glance) -> bool:
        """Whether a file or folder plainly has this format."""
        ...

    def read(self, path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
        """Yields rows with the columns `labelled.TEXT`, `LABEL` and `SPLIT`.

        Raises:
            UserError: during the iteration, if the file as a whole cannot be read.
        """
        ...


READERS: dict[DataFormat, Format] = {
    DataFormat.label_studio: label_studio,
    DataFormat.doccano: doccano,
    DataFormat.prodigy: prodigy,
    DataFormat.fasttext: fasttext,
    DataFormat.rasa: rasa,
    DataFormat.folders: folders,
    DataFormat.huggingface: huggingface,
    DataFormat.spacy: docbin,
    DataFormat.argilla: argilla,
    DataFormat.comprehend: comprehend,
    DataFormat.vertex: vertex,
    DataFormat.azure: azure,
}
FOLDERS: list[Format] = [folders, huggingface, argilla]  # that read a folder as a whole
SUFFIXES = (*rasa.SUFFIXES, huggingface.SUFFIX, docbin.SUFFIX)  # of files that no other reader reads


def chosen_format(path: Path, settings: DataSettings) -> Format | None:
    """Returns the format of a file or folder; None is a table."""
    if settings.format is not DataFormat.auto:
        return READERS.get(settings.format)
    seen = glance(path, settings)
    return next((format for format in READERS.values() if format.recognizes(seen)), None)


def find_labelled(pattern: Any, settings: DataSettings) -> list[Path]:
    """Returns the files as `find_files` does, and folders that are data as a whole.

    Raises:
        UserError: if a pattern matches nothing.
    """
    items = pattern if isinstance(pattern, Sequence) and not isinstance(pattern, str) else [pattern]
    found = [path for item in items for path in _as_a_whole(item, settings) or find_files(item)]
    return list(dict.fromkeys(found)) or find_files(pattern)


def _as_a_whole(item: Any, settings: DataSettings) -> list[Path]:
    """Returns the folder if its format reads it as a whole."""
    folder = Path(item).expanduser() if isinstance(item, str | Path) and str(item) else None
    return [folder] if folder and folder.is_dir() and chosen_format(folder, settings) in FOLDERS else []


def content_sha256(path: Path) -> str:
    """Returns the SHA-256 hash of a file, or of the names and hashes of the files of a folder, in hexadecimal."""
    if not path.is_dir():
        return file_sha256(path)
    from hashlib import sha256

    files = sorted(inner for inner in path.rglob("*") if inner.is_file())
    listed = "".join(f"{inner.relative_to(path).as_posix()}\n{file_sha256(inner)}\n" for inner in files)
    return sha256(listed.encode()).hexdigest()


def glance(path: Path, settings: DataSettings) -> Glance:
    """Reads as little of a file as shows its format; what cannot be read shows nothing."""
    if path.is_dir():
        return Glance(path, "folder")
    stem, last = os.path.splitext(path.name.lower())
    kind = os.path.splitext(stem)[1] if last in COMPRESSIONS else last
    if FORMATS.get(kind) == "json":
        row = _unless_refused(lambda: next(read_json(path, settings.encoding), None))
        return Glance(path, kind, () if row is None else tuple(row.values))
    if FORMATS.get(kind) not in ("csv", "tsv", "text"):
        return Glance(path, kind)
    line = _unless_refused(lambda: next(read_lines(path, settings.encoding), "")) or ""
    columns = None if kind == ".txt" else _unless_refused(lambda: open_rows(path, settings, [])[0])
    return Glance(path, kind, tuple(columns or ()), line)


def _unless_refused(read: Callable[[], T]) -> T | None:
    """Returns what `read` returns; what it refuses, the reader of tables will refuse too."""
    try:
        return read()
    except UserError:
        return None
