"""A folder per class with a text per file, as `sklearn.datasets.load_files` reads them."""

from collections.abc import Iterator
from pathlib import Path

from classifier.data.formats.labelled import Glance, labelled
from classifier.data.lines import line_problem, read_lines, readable
from classifier.data.row import Row
from classifier.errors import UserError
from classifier.settings import DataSettings


def recognizes(glance: Glance) -> bool:
    """Whether a folder holds nothing but folders, two or more, with nothing but text files."""
    if glance.kind != "folder":
        return False
    classes = _visible(glance.path)
    return len(classes) > 1 and all(
        folder.is_dir() and "=" not in folder.name and _visible(folder) and
        all(file.suffix == ".txt" and file.is_file() for file in _visible(folder))
        for folder in classes
    )  # fmt: skip


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields one row per file, in order of their names; the name of its folder is the label.

    Raises:
        UserError: if there are no folders.
    """
    classes = [folder for folder in _visible(path) if folder.is_dir()] if path.is_dir() else []
    if not classes:
        raise UserError(f"{path} has no folders of texts: with data.format=folders, name the folder of their folders.")
    for folder in classes:
        for file in _visible(folder):
            place = f"{folder.name}/{file.name}"
            if file.is_dir():
                yield labelled(1, "", folder.name, problem="it is a folder in the folder of a class", place=place)
            else:
                text, problem = read_text(file, settings.encoding)
                yield labelled(1, text, folder.name, problem=problem, place=place)


def read_text(file: Path, encoding: str) -> tuple[str, str]:
    """Returns (text, problem) of a whole file."""
    if not file.stat().st_size:
        return "", "the text is empty"
    text = "".join(read_lines(file, encoding))
    return readable(text), line_problem(text, encoding)


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
