"""Where the classifier is wrong: the mistakes it is surest of, and the table of all its predictions."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.evaluation.arrays import check_names, checked

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True, slots=True)
class Mistake:
    """A text that was given the wrong label, with the probability of that wrong label."""

    text: str
    label: str
    predicted: str
    probability: float
    origin: str  # where the text stands, such as file:line


def confident_mistakes(
    texts: Sequence[str],
    labels: ArrayLike,
    probabilities: ArrayLike,
    label_names: list[str],
    origins: Sequence[str],
    *,
    limit: int = 50,
) -> list[Mistake]:
    """At most `limit` mistakes, the most confident first; equally confident ones in the order of the examples.

    (examples,) texts, labels and origins, (examples, classes) probabilities. Raises as `predictions_table` does.
    """
    labels, probabilities = aligned(texts, labels, probabilities, label_names, origins)
    predicted, score = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(labels != predicted)
    surest = wrong[np.argsort(-score[wrong], kind="stable")][:limit]
    return [
        Mistake(
            text=str(texts[row]),
            label=label_names[labels[row]],
            predicted=label_names[predicted[row]],
            probability=float(score[row]),
            origin=str(origins[row]),
        )
        for row in surest.tolist()
    ]


def predictions_table(
    texts: Sequence[str],
    labels: ArrayLike,
    probabilities: ArrayLike,
    label_names: list[str],
    origins: Sequence[str],
) -> "pyarrow.Table":
    """One row for each example, ready for Parquet: origin, text, label, predicted, score, correct, probabilities.

    `probabilities` is a list of fixed size in float32, in the order of the JSON list `label_names` in the schema's
    metadata; `score` is the predicted class's. Raises as `arrays.checked` does, and ValueError if the lengths differ.
    """
    import pyarrow as pa

    labels, probabilities = aligned(texts, labels, probabilities, label_names, origins)
    predicted = probabilities.argmax(axis=1)
    names = pa.array(label_names, pa.string())
    values = pa.array(probabilities.astype(np.float32).ravel())
    columns = {
        "origin": pa.array(list(origins), pa.string()),
        "text": pa.array(list(texts), pa.string()),
        "label": names.take(pa.array(labels)),
        "predicted": names.take(pa.array(predicted)),
        "score": pa.array(probabilities.max(axis=1).astype(np.float32)),
        "correct": pa.array(labels == predicted),
        "probabilities": pa.FixedSizeListArray.from_arrays(values, len(label_names)),
    }
    metadata = {"label_names": json.dumps(list(label_names), ensure_ascii=False)}
    return pa.table(columns).replace_schema_metadata(metadata)


def aligned(
    texts: Sequence[str],
    labels: ArrayLike,
    probabilities: ArrayLike,
    label_names: list[str],
    origins: Sequence[str],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The checked labels and probabilities; raises ValueError unless every example has its text and its origin."""
    labels, probabilities = checked(labels, probabilities)
    check_names(label_names, probabilities.shape[1])
    if not len(texts) == len(origins) == len(labels):
        raise ValueError(f"{len(texts)} texts, {len(origins)} origins and {len(labels)} labels do not fit together")
    return labels, probabilities
