"""Data sets of Hugging Face's `datasets`: folders of `save_to_disk`, Arrow streams, and Parquet with class labels.

A class label is stored as a number, the place of its name in the features; `-1` is a text without a label.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classifier.data.fields import text_columns, text_of
from classifier.data.files import reading, require_content
from classifier.data.formats.labelled import SPLITS, Glance, LeftOut, labelled
from classifier.data.parquet import check_arrow_types, open_parquet, read_batches, rows_of
from classifier.data.row import Row
from classifier.data.rows import require_name
from classifier.errors import UserError
from classifier.settings import DataSettings

SUFFIX = ".arrow"
_DICT, _INFO, _STATE = "dataset_dict.json", "dataset_info.json", "state.json"


def recognizes(glance: Glance) -> bool:
    """Whether it is a folder of `save_to_disk`, an Arrow stream, or a Parquet file with named classes."""
    if glance.kind == "folder":
        return (glance.path / _DICT).exists() or all((glance.path / name).exists() for name in (_INFO, _STATE))
    return glance.kind == SUFFIX or (glance.kind == ".parquet" and _has_class_labels(glance.path))


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields the rows in their order; those of a DatasetDict with the names of their splits.

    Raises:
        UserError: if a column is missing, or the data set cannot be read.
    """
    left_out = LeftOut(path)
    if (path / _DICT).exists():
        for name in _json(path / _DICT)["splits"]:
            if name in SPLITS:
                yield from _data_set(path / name, settings, left_out, split=SPLITS[name], place=name)
            else:
                notices.append(f"{path}: its split {name!r} is neither train nor validation nor test, and is left out.")
    else:
        yield from _data_set(path, settings, left_out)
    left_out.report(notices)


def _data_set(
    path: Path, settings: DataSettings, left_out: LeftOut, *, split: str = "", place: str = ""
) -> Iterator[Row]:
    texts, label = text_columns(settings.text or "text"), settings.label or "label"
    names: list[str] = []
    number = 0
    for file in _files(path):
        schema, batches = _batches(file, [*texts, label])
        for column in (*texts, label):
            require_name(path, column, schema.names, "data.label" if column == label else "data.text")
        check_arrow_types(path, dict(zip(schema.names, schema.types, strict=True)), texts, [label])
        names = names or class_names(_features(path, schema).get(label))
        for row in rows_of(batches):
            number += 1
            value = row.value(label)
            if names and value == -1:
                left_out.add("without a label")
                continue
            text, problem, column = text_of(row, texts)
            named, fault = _named(value, names)
            at = column if problem else label if fault else ""
            yield labelled(number, text, named, problem=problem or fault, column=at, split=split, place=place)


def class_names(feature: Any) -> list[str]:
    """Returns the names of a class label, or of a list of class labels; empty for other features."""
    while isinstance(feature, dict | list) and feature:
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel":
            return list(feature.get("names") or [])
        feature = feature[0] if isinstance(feature, list) else feature.get("feature")
    return []


def _named(value: Any, names: list[str]) -> tuple[Any, str]:
    """Returns (name of the class, or names; problem)."""
    if not names or value is None:
        return value, ""
    numbers = value if isinstance(value, list) else [value]
    if odd := [number for number in numbers if not 0 <= number < len(names)]:
        return value, f"the label is {odd[0]}, but its classes are numbered from 0 to {len(names) - 1}"
    found = [names[number] for number in numbers]
    return (found if isinstance(value, list) else found[0]), ""


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    state = _json(path / _STATE)
    if any(value for key, value in state.items() if "indices" in key):
        raise UserError(f"{path} has selected rows apart from its data, as datasets 1 wrote them; save it again.")
    return [path / file["filename"] for file in state["_data_files"]]


def _json(path: Path) -> dict[str, Any]:
    with reading(path, ValueError):
        return json.loads(path.read_text(encoding="utf-8"))


def _features(path: Path, schema: Any) -> dict[str, Any]:
    """Returns the features from the folder, or from the metadata of a single file."""
    if path.is_dir():
        return _json(path / _INFO).get("features") or {}
    return _metadata(schema).get("info", {}).get("features") or {}


def _metadata(schema: Any) -> dict[str, Any]:
    return json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))


def _has_class_labels(path: Path) -> bool:
    try:
        with open_parquet(path) as file:
            features = _metadata(file.schema_arrow).get("info", {}).get("features") or {}
    except (UserError, ValueError):
        return False  # the reader of tables reports it
    return any(class_names(feature) for feature in features.values())


def _batches(file: Path, columns: list[str]) -> tuple[Any, Iterator[Any]]:
    """Returns the schema, and the batches of the columns that exist."""
    if file.suffix == ".parquet":
        with open_parquet(file) as opened:
            return opened.schema_arrow, read_batches(file, columns)
    with reading(file):
        require_content(file)
    stream = _stream(file, columns)
    return next(stream), stream


def _stream(file: Path, columns: list[str]) -> Iterator[Any]:
    """Yields the schema of an Arrow stream, then its batches one at a time."""
    import pyarrow as pa

    with reading(file, pa.ArrowException), open(file, "rb") as opened, pa.ipc.open_stream(opened) as stream:
        yield stream.schema
        for batch in stream:
            yield batch.select([name for name in columns if name in batch.schema.names])
