"""Names and values of the columns that scoring adds to a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.data import PROBABILITY
from classifier.errors import UserError
from classifier.tasks import NO_DECISION, Decision

LABEL_AND_SCORE = (("label", str), ("score", float))


@dataclass(frozen=True, slots=True)
class Predictions:
    """The added columns.

    They are label, score, accepted, label_set and labels if the model decides on them, top_<k>_label and _score,
    probability_<label>, model_version and error.

    >>> list(Predictions(prefix="my_").columns(["a", "b"]))
    ['my_label', 'my_score', 'my_model_version', 'my_error']
    """

    probabilities: bool = False  # whether to add a column for each class
    top_k: int = 0  # number of most likely classes with separate columns
    prefix: str = ""  # of all names
    version: str = ""  # of the model
    decision: Decision = NO_DECISION  # of the model

    def columns(self, label_names: Sequence[str]) -> dict[str, type]:
        """Returns the names in order, and the type of each column: str, float, bool or list (of str)."""
        ranks = [(f"top_{rank}_{what}", kind) for rank in range(1, self.top_k + 1) for what, kind in LABEL_AND_SCORE]
        classes = [(PROBABILITY + label, float) for label in label_names] if self.probabilities else []
        decided = {
            "accepted": (bool, self.decision.accept_from),
            "label_set": (list, self.decision.include_from),
            "labels": (list, self.decision.label_from),
        }
        decisions = [(name, kind) for name, (kind, threshold) in decided.items() if threshold is not None]
        last = (("model_version", str), ("error", str))
        return {self.prefix + name: kind for name, kind in (*LABEL_AND_SCORE, *decisions, *ranks, *classes, *last)}

    def refuse_collision(self, columns: Sequence[str], label_names: Sequence[str] = ()) -> None:
        """Raises UserError if the input already has a column with one of the names."""
        taken = [name for name in self.columns(label_names) if name in columns]
        if taken:
            raise UserError(
                f"The input already has a column {taken[0]!r}, which scoring would write too. Set another prefix of "
                f"the new columns, such as prefix={self.prefix}predicted_, or leave the old one out with columns=[...]."
            )

    def check(self, columns: Sequence[str], label_names: Sequence[str]) -> None:
        """Raises UserError if `top_k` exceeds the number of classes, or the input has a column with an added name."""
        self.refuse_collision(columns, label_names)
        if self.top_k > len(label_names):
            raise UserError(f"top_k={self.top_k} is more than the {len(label_names)} classes that the model knows.")

    def values(self, probabilities: np.ndarray, errors: Sequence[str], label_names: Sequence[str]) -> list[Any]:
        """Returns one array for each column, in order.

        Args:
            probabilities: array of shape (rows, classes); rows with an error are ignored.
            errors: error of each row, or "".
            label_names: names of the classes.
        """
        bad = np.array([bool(error) for error in errors], bool)
        labels = np.array(label_names, object)
        # Stable, so that the first of several equal probabilities is chosen, as in argmax.
        ranked = np.argsort(-probabilities, axis=1, kind="stable")[:, : max(1, self.top_k)]
        scores = np.take_along_axis(probabilities, ranked, axis=1)
        ranks = [(labels[ranked[:, k]], scores[:, k]) for k in range(ranked.shape[1])]
        classes = list(probabilities.T) if self.probabilities else []
        decisions = []
        if self.decision.accept_from is not None:
            decisions.append(self.decision.accepted(probabilities))
        if self.decision.include_from is not None:
            decisions.append(named_sets(self.decision.label_sets(probabilities), probabilities, labels))
        if self.decision.label_from is not None:
            decisions.append(named_sets(self.decision.answers(probabilities), probabilities, labels))
        columns = [*ranks[0], *decisions, *(column for rank in ranks[: self.top_k] for column in rank), *classes]
        scored = [np.ma.masked_array(column, bad) for column in columns]
        return [*scored, [self.version] * len(errors), [error or None for error in errors]]


def named_sets(included: np.ndarray, probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Returns the included labels of each row as a list, the most likely first, in an object array (rows,).

    Args:
        included: whether each label belongs to the set, (rows, classes).
        probabilities: probabilities of shape (rows, classes).
        labels: names of the classes, an object array (classes,).
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")
    sets = np.empty(len(probabilities), object)
    for row, places in enumerate(order):
        sets[row] = labels[places[included[row, places]]].tolist()
    return sets
