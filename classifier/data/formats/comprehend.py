"""Training data of Amazon Comprehend: CSV without a header, label and text, or an augmented manifest.

Documented in the Developer Guide, "Multi-class mode".
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from classifier.data.fields import text_of
from classifier.data.files import format_of
from classifier.data.formats.labelled import Glance, labelled
from classifier.data.row import Row
from classifier.data.rows import read_rows
from classifier.settings import DataSettings

_METADATA = "-metadata"  # ends the key of what is known of a job's answer


def recognizes(glance: Glance) -> bool:
    """Whether it is an augmented manifest; CSV without a header could be anything."""
    return bool({"source", "source-ref"} & set(glance.keys)) and any(key.endswith(_METADATA) for key in glance.keys)


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields one row per text; a file name in Amazon S3 instead of a text is a problem of its row."""
    if format_of(path) == "json":
        for row in read_rows(path, settings, None, notices):
            text, problem, column = text_of(row, ["source"])
            if "source-ref" in row.values and "source" not in row.values:
                problem = "the text is in Amazon S3: download it, and write it into the row"
            yield labelled(row.number, text, _class(row.values), problem=problem, column=column)
        return
    for row in read_rows(path, replace(settings, header=False), None, notices):
        text, problem, column = text_of(row, ["1"])
        yield labelled(row.number, text, row.values.get("0"), problem=problem, column=column)


def _class(values: dict[str, Any]) -> Any:
    """Returns the name of the class, or several, from the metadata of the job."""
    found = next((value for key, value in values.items() if key.endswith(_METADATA)), {})
    names = found.get("class-map")
    return found.get("class-name") if names is None else list(names.values())
