"""Where the classifier is wrong: the mistakes it is surest of, and the table of all its predictions."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from classifier.evaluation.scored import Scored

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


def confident_mistakes(scored: Scored, *, limit: int = 50) -> list[Mistake]:
    """At most `limit` mistakes, the most confident first; equally confident ones in the order of the examples."""
    score, names = scored.confidence, scored.label_names
    wrong = np.flatnonzero(~scored.right)
    surest = wrong[np.argsort(-score[wrong], kind="stable")][:limit]
    return [
        Mistake(
            text=str(scored.texts[row]),
            label=names[scored.labels[row]],
            predicted=names[scored.predicted[row]],
            probability=float(score[row]),
            origin=str(scored.origins[row]),
        )
        for row in surest.tolist()
    ]


def predictions_table(scored: Scored) -> "pyarrow.Table":
    """One row for each example, ready for Parquet: origin, text, label, predicted, score, correct, probabilities.

    `probabilities` is a list of fixed size in float32, in the order of the JSON list `label_names` in the schema's
    metadata; `score` is the predicted class's.
    """
    import pyarrow as pa

    names = pa.array(scored.label_names, pa.string())
    values = pa.array(scored.probabilities.astype(np.float32).ravel())
    columns = {
        "origin": pa.array(list(scored.origins), pa.string()),
        "text": pa.array(list(scored.texts), pa.string()),
        "label": names.take(pa.array(scored.labels)),
        "predicted": names.take(pa.array(scored.predicted)),
        "score": pa.array(scored.confidence.astype(np.float32)),
        "correct": pa.array(scored.right),
        "probabilities": pa.FixedSizeListArray.from_arrays(values, scored.classes),
    }
    metadata = {"label_names": json.dumps(scored.label_names, ensure_ascii=False)}
    return pa.table(columns).replace_schema_metadata(metadata)
