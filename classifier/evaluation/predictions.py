"""Reads tables of predictions, and compares and aligns their examples."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.scored import NO_LABEL, Scored
from classifier.tasks import NO_DECISION, Decision


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """The predictions of a run for the examples of a split, in the order of the file.

    If a text can have several labels, `labels` and `predicted` have a list of names for each example.
    """

    origins: list[str]
    texts: list[str]
    labels: list[Any]
    predicted: list[Any]
    label_names: list[str]
    content: str  # hash of texts and labels

    def __len__(self) -> int:
        return len(self.labels)


def read_predictions(path: Path) -> Predictions:
    """Reads a table that was created by `mistakes.predictions_table`."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path, columns=["origin", "text", "label", "predicted"])
    origins, texts, labels, predicted = (column.to_pylist() for column in table.columns)
    names = json.loads(table.schema.metadata[b"label_names"])
    return Predictions(origins, texts, labels, predicted, names, content_hash(texts, labels))


def read_scored(path: Path, decision: Decision = NO_DECISION) -> Scored:
    """Reads a table that was created by `mistakes.predictions_table`, with its probabilities.

    Args:
        path: the table.
        decision: thresholds by which the model decides.
    """
    import pyarrow.parquet

    found = read_predictions(path)
    column = pyarrow.parquet.read_table(path, columns=["probabilities"]).column(0).combine_chunks()
    probabilities = column.flatten().to_numpy().reshape(len(found), -1)
    labels = numbered(found.labels, {name: number for number, name in enumerate(found.label_names)})
    return Scored(labels.astype(np.int64), probabilities, found.label_names, found.texts, found.origins, decision)


def numbered(labels: Sequence[Any], number: Mapping[str, int]) -> NDArray[Any]:
    """Returns labels by number, (examples,); of several labels per text, whether it has each, (examples, classes).

    Args:
        labels: a name, or a list of names, for each example.
        number: numbers of the names.
    """
    if all(isinstance(label, str) for label in labels):
        return np.array([number[label] for label in labels], np.int64)
    table = np.zeros((len(labels), len(number)), bool)
    for row, names in enumerate(labels):
        table[row, [number[name] for name in names]] = True
    return table


def shown(label: str | Sequence[str]) -> str:
    """Returns a label, or several joined by commas; a dash stands for none."""
    return label if isinstance(label, str) else ", ".join(label) or NO_LABEL


def content_hash(texts: Sequence[str], labels: Sequence[str] | Sequence[Sequence[str]]) -> str:
    """Returns a hash of 16 digits that is equal for the same texts and labels in any order.

    A text that can have several labels has a list of them.

    >>> content_hash(["a", "b"], ["x", "y"]) == content_hash(["b", "a"], ["y", "x"])
    True
    """
    digest = hashlib.sha256()
    for example in sorted(zip(texts, labels, strict=True)):
        digest.update(json.dumps(example).encode())
    return digest.hexdigest()[:16]


def aligned_to(first: Predictions, other: Predictions) -> Predictions:
    """Returns the other predictions in the order of the first, which has the same content; the examples are shared."""
    rows = np.empty(len(first), dtype=np.intp)
    rows[canonical_order(first)] = canonical_order(other)
    answers = [other.predicted[row] for row in rows]
    return replace(first, predicted=answers, label_names=other.label_names)


def canonical_order(predictions: Predictions) -> NDArray[np.intp]:
    """Returns the row indices sorted by text and label; equal examples are in the order of the file."""
    examples = list(zip(predictions.texts, predictions.labels, strict=True))
    return np.array(sorted(range(len(examples)), key=examples.__getitem__), dtype=np.intp)
