"""The table of all predictions, read back: which examples, which answers; are two tables of the same examples?"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """The answers of one run to the examples of one split, in the order of the file."""

    origins: list[str]
    texts: list[str]
    labels: list[str]
    predicted: list[str]
    label_names: list[str]
    content: str  # hash of texts and labels

    def __len__(self) -> int:
        return len(self.labels)


def read_predictions(path: Path) -> Predictions:
    """What `mistakes.predictions_table` made."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path, columns=["origin", "text", "label", "predicted"])
    origins, texts, labels, predicted = (column.to_pylist() for column in table.columns)
    names = json.loads(table.schema.metadata[b"label_names"])
    return Predictions(origins, texts, labels, predicted, names, content_hash(texts, labels))


def content_hash(texts: Sequence[str], labels: Sequence[str]) -> str:
    """Equal for the same texts with the same labels, whatever their order and the names of their files; 16 digits.

    >>> content_hash(["a", "b"], ["x", "y"]) == content_hash(["b", "a"], ["y", "x"])
    True
    """
    digest = hashlib.sha256()
    for example in sorted(zip(texts, labels, strict=True)):
        digest.update(json.dumps(example).encode())
    return digest.hexdigest()[:16]


def aligned_to(first: Predictions, other: Predictions) -> Predictions:
    """The other's answers in the order of the first, whose content is the same; the examples are shared in memory."""
    rows = np.empty(len(first), dtype=np.intp)
    rows[canonical_order(first)] = canonical_order(other)
    answers = [other.predicted[row] for row in rows]
    return replace(first, predicted=answers, label_names=other.label_names)


def canonical_order(predictions: Predictions) -> NDArray[np.intp]:
    """The rows sorted by text and label; equal examples by their place in the file."""
    examples = list(zip(predictions.texts, predictions.labels, strict=True))
    return np.array(sorted(range(len(examples)), key=examples.__getitem__), dtype=np.intp)
