"""The most confident mistakes, and the table of all predictions."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from classifier.evaluation.scored import Scored

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True, slots=True)
class Mistake:
    """A misclassified text, with the probability of the wrong label."""

    text: str
    label: str
    predicted: str
    probability: float
    origin: str  # origin of the text, such as file:line


def confident_mistakes(scored: Scored, *, limit: int = 50) -> list[Mistake]:
    """Returns at most `limit` mistakes by decreasing confidence; ties are in the order of the examples."""
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
    """Returns a row for each example: origin, text, label, predicted, score, correct, probabilities.

    `probabilities` is a fixed-size list in float32, in the order of the JSON list `label_names` in the metadata of the
    schema; `score` is the probability of the predicted class.
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
