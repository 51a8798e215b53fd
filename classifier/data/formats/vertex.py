"""Text classification data of Google's Vertex AI and AutoML: JSONL, or CSV without a header.

Documented in "Prepare text training data for classification" (Vertex AI) and in `InputConfig` (google-cloud-automl 2):
each item has a text, labels and perhaps its use.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifier.data.delimited import separator
from classifier.data.fields import text_of
from classifier.data.files import format_of
from classifier.data.formats.labelled import SPLITS, Glance, LeftOut, labelled
from classifier.data.json_lines import read_json
from classifier.data.lines import line_problem, read_lines, readable
from classifier.data.records import Dialect, read_records
from classifier.data.row import Row
from classifier.settings import DataSettings, Quotes

_ONE, _SEVERAL = "classificationAnnotation", "classificationAnnotations"
_USES = (*SPLITS, "unassigned", "")
_CLOUD = "the text is in Google Cloud Storage: download it, and write it into the row"


def recognizes(glance: Glance) -> bool:
    """Whether the items have annotations; CSV without a header could be anything."""
    return bool({_ONE, _SEVERAL} & set(glance.keys)) and bool({"textContent", "textGcsUri"} & set(glance.keys))


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields one row per text that has a label, in the split that its use names."""
    left_out = LeftOut(path)
    for row, text, label, use in _items(path, settings):
        problem = row.problem or (_CLOUD if str(text).startswith("gs://") else "")
        if not problem and label in (None, []):
            left_out.add("not labelled")
            continue
        if not problem:
            text, problem, _ = text_of(Row(row.number, {"text": text}), ["text"])
        yield labelled(row.number, text, label, problem=problem, split=SPLITS.get(use.lower(), ""))
    left_out.report(notices)


def _items(path: Path, settings: DataSettings) -> Iterator[tuple[Row, Any, Any, str]]:
    """Yields each row with its text, label or labels, and use."""
    if format_of(path) == "json":
        for row in read_json(path, settings.encoding):
            yield row, *_of_object(row.values)
        return
    dialect = Dialect(separator(settings.delimiter, "csv"), Quotes.double)  # rows have as many cells as labels
    for number, cells, problem, lines in read_records(read_lines(path, settings.encoding), dialect):
        row = Row(number, {}, problem or line_problem("".join(lines), settings.encoding))
        yield row, *_of_cells([readable(cell) for cell in cells])


def _of_object(values: dict[str, Any]) -> tuple[Any, Any, str]:
    several = values.get(_SEVERAL)
    one = (values.get(_ONE) or {}).get("displayName")
    label = one if several is None else [annotation.get("displayName") for annotation in several]
    use = (values.get("dataItemResourceLabels") or {}).get("aiplatform.googleapis.com/ml_use") or ""
    return values.get("textContent") or values.get("textGcsUri"), label, str(use)


def _of_cells(cells: list[str]) -> tuple[Any, Any, str]:
    """Reads `use,text,label` or `text,label`; more labels may follow."""
    use, rest = (cells[0], cells[1:]) if cells and cells[0].strip().lower() in _USES else ("", cells)
    return rest[0] if rest else None, [label for label in rest[1:] if label], use.strip()
