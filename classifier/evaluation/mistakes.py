"""The most confident mistakes, and the table of all predictions."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.scored import Scored

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True, slots=True)
class Mistake:
    """A misclassified text, with the probability of the wrong label; several labels are joined by commas."""

    text: str
    label: str
    predicted: str
    probability: float
    origin: str  # origin of the text, such as file:line


def confident_mistakes(scored: Scored, *, limit: int = 50) -> list[Mistake]:
    """Returns at most `limit` mistakes by decreasing confidence; ties are in the order of the examples."""
    score = surest_mistake(scored) if scored.several else scored.confidence
    wrong = np.flatnonzero(~scored.right)
    surest = wrong[np.argsort(-score[wrong], kind="stable")][:limit]
    return [
        Mistake(
            str(scored.texts[row]),
            *scored.named(row),
            probability=float(score[row]),
            origin=str(scored.origins[row]),
        )
        for row in surest.tolist()
    ]


def surest_mistake(scored: Scored) -> NDArray[np.float64]:
    """Returns how likely the model finds its surest mistake on each example, (examples,); 0 if there is none.

    A mistake is a label that is predicted wrongly, with its probability, or that is missing, with the rest.
    """
    likely = np.where(scored.answers, scored.probabilities, 1 - scored.probabilities)
    return np.where(scored.truth != scored.answers, likely, 0).max(axis=1)


def predictions_table(scored: Scored) -> "pyarrow.Table":
    """Returns a row for each example: origin, text, label, predicted, score, correct, probabilities.

    `probabilities` is a fixed-size list in float32, in the order of the JSON list `label_names` in the metadata of the
    schema; `score` is the probability of the predicted class. If a text can have several labels, label and predicted
    are lists, and score is the highest probability.
    """
    import pyarrow as pa

    names = pa.array(scored.label_names, pa.string())
    values = pa.array(scored.probabilities.astype(np.float32).ravel())
    columns = {
        "origin": pa.array(list(scored.origins), pa.string()),
        "text": pa.array(list(scored.texts), pa.string()),
        "label": names.take(pa.array(scored.labels)) if not scored.several else lists(names, scored.truth),
        "predicted": names.take(pa.array(scored.predicted)) if not scored.several else lists(names, scored.answers),
        "score": pa.array(scored.confidence.astype(np.float32)),
        "correct": pa.array(scored.right),
        "probabilities": pa.FixedSizeListArray.from_arrays(values, scored.classes),
    }
    metadata = {"label_names": json.dumps(scored.label_names, ensure_ascii=False)}
    return pa.table(columns).replace_schema_metadata(metadata)


def lists(names: "pyarrow.Array", table: NDArray[np.bool_]) -> "pyarrow.Array":
    """Returns the names of the classes of each example as a list, from a table (examples, classes)."""
    import pyarrow as pa

    offsets = np.concatenate([[0], np.cumsum(table.sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names.take(pa.array(np.nonzero(table)[1])))
