"""Label sets of MAPIE on given probabilities; runs in the Python that has it.

This file imports neither the project nor TensorFlow.
"""

# pyright: reportMissingImports=false

import warnings
from typing import Any

import numpy as np

LAST_LABEL = {"default": True, "randomized": "randomized"}  # whether the label that crosses the threshold is included


class Answers:
    """A fitted classifier of scikit-learn that reads its probabilities from a table.

    Args:
        probabilities: (examples, classes); the labels are the numbers of the columns, which MAPIE sorts.
    """

    def __init__(self, probabilities: np.ndarray) -> None:
        self.probabilities, self.classes_ = probabilities, np.arange(probabilities.shape[1])
        self.n_features_in_ = 1

    def fit(self, inputs: Any, labels: Any) -> "Answers":
        return self

    def predict_proba(self, inputs: Any) -> np.ndarray:
        return self.probabilities[np.asarray(inputs, np.int64)[:, 0]]  # MAPIE tries it with zeros in float64

    def predict(self, inputs: Any) -> np.ndarray:
        return self.predict_proba(inputs).argmax(axis=1)

    def __sklearn_is_fitted__(self) -> bool:
        return True


def sets(path: str, coverage: float, score: str, last: str, seed: int) -> dict[str, Any]:
    """Coverage and mean size of the sets on the second half of the examples.

    Args:
        path: file of NumPy with `probabilities`, `labels` and `order`, of which the first half is for choosing.
        coverage: the level.
        score: lac or aps.
        last: a key of LAST_LABEL, for aps.
        seed: of the random numbers of aps.
    """
    from mapie.classification import SplitConformalClassifier

    warnings.simplefilter("ignore")
    data = np.load(path)
    probabilities, labels, order = data["probabilities"], data["labels"], data["order"]
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    first, second = order[: len(order) // 2], order[len(order) // 2 :]
    mapie = SplitConformalClassifier(Answers(probabilities), coverage, score, random_state=seed)
    mapie.conformalize(first[:, None], labels[first])
    options = {"include_last_label": LAST_LABEL[last]} if score == "aps" else None
    _, found = mapie.predict_set(second[:, None], conformity_score_params=options)
    found = found[:, :, 0]
    covered = found[np.arange(len(second)), labels[second]]
    return {"coverage": float(covered.mean()), "size": float(found.sum(axis=1).mean())}
