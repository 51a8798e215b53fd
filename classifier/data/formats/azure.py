"""Projects of Azure AI Language's custom text classification: a JSON file, and a file per text next to it.

Documented in "Custom text classification data formats", version 2022-05-01.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifier.data.formats.folders import read_text
from classifier.data.formats.labelled import SPLITS, Glance, LeftOut, labelled
from classifier.data.json_lines import read_json
from classifier.data.row import Row
from classifier.errors import UserError
from classifier.settings import DataSettings
from classifier.terminal import counted


def recognizes(glance: Glance) -> bool:
    """Whether it is the file of a project."""
    return {"projectFileVersion", "assets"} <= set(glance.keys)


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields one row per document, in the split that its `dataset` names.

    Raises:
        UserError: if it is not a project, or none of its texts is there.
    """
    project = next(read_json(path, settings.encoding), Row(1, {})).values
    documents = (project.get("assets") or {}).get("documents")
    if not isinstance(documents, list):
        raise UserError(f"{path} is not a project of custom text classification: it has no assets with documents.")
    if documents and not any(_file(path, document).is_file() for document in documents):
        raise UserError(
            f"{path}: none of {counted(len(documents), 'text')}, such as {documents[0].get('location')}, is in "
            "its folder. "
            "Download the texts of the storage container to it."
        )
    left_out = LeftOut(path)
    for document in documents:
        place = str(document.get("location"))
        label = _label(document)
        if label in (None, []):
            left_out.add("without a class")
            continue
        file = _file(path, document)
        text, problem = read_text(file, settings.encoding) if file.is_file() else ("", f"there is no file {place}")
        split = SPLITS.get(str(document.get("dataset", "")).lower(), "")
        yield labelled(1, text, label, problem=problem, split=split, place=place)
    left_out.report(notices)


def _file(path: Path, document: dict[str, Any]) -> Path:
    return path.parent / str(document.get("location"))


def _label(document: dict[str, Any]) -> Any:
    if "classes" in document:
        return [one.get("category") for one in document["classes"]]
    return (document.get("class") or {}).get("category")
