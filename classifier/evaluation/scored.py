"""The labels and probabilities of a split, which are validated once for all metrics, tables and figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.arrays import check_names, checked, contrasted, one_hot
from classifier.tasks import NO_DECISION, Decision

NO_LABEL = "–"


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Examples with their labels and predicted probabilities.

    Args:
        labels: class numbers of shape (examples,); if a text can have several labels, zeros and ones (examples,
            classes).
        probabilities: probabilities of shape (examples, classes); of one label per text, rows are normalized to 1 in
            float64.
        label_names: names of the classes.
        texts: texts of shape (examples,), only required for tables.
        origins: origin of each text, such as file:line.
        decision: thresholds by which the model decides.
        has_none: whether the last class is that of texts that belong to none of the others.
        uncalibrated: probabilities before calibration, (examples, classes), or None if they are not known.

    Raises:
        UserError: for no examples, fewer than two classes, NaN or infinity.
        ValueError: for inconsistent shapes, and for rows that are not probabilities.
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    label_names: list[str]
    texts: Sequence[str] = ()
    origins: Sequence[str] = ()
    decision: Decision = NO_DECISION
    has_none: bool = False
    uncalibrated: NDArray[np.floating] | None = None
    truth: NDArray[np.bool_] = field(init=False)  # whether each example has each class, (examples, classes)
    answers: NDArray[np.bool_] = field(init=False)  # whether each class is predicted, (examples, classes)
    predicted: NDArray[np.int64] = field(init=False)  # the most likely class of each example

    def __post_init__(self) -> None:
        labels, probabilities = checked(self.labels, self.probabilities)
        check_names(self.label_names, probabilities.shape[1])
        if len(self.texts) != len(self.origins) or len(self.texts) not in (0, len(labels)):
            raise ValueError(
                f"{len(self.texts)} texts, {len(self.origins)} origins and {len(labels)} labels do not fit together"
            )
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "probabilities", probabilities)
        object.__setattr__(self, "label_names", list(self.label_names))
        object.__setattr__(self, "predicted", probabilities.argmax(axis=1))
        object.__setattr__(self, "truth", one_hot(labels, probabilities.shape[1]))
        object.__setattr__(self, "answers", self.decision.answers(probabilities))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def several(self) -> bool:
        """Whether a text can have several labels, or none."""
        return self.labels.ndim == 2

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.label_names)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """Probability of the predicted class, (examples,)."""
        return self.probabilities.max(axis=1)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the predicted labels are exactly the given ones, (examples,)."""
        return (self.truth == self.answers).all(axis=1)

    @property
    def contrasted(self) -> NDArray[np.int64]:
        """The classes for which ranking metrics are defined; see `arrays.contrasted`."""
        return contrasted(self.truth)

    def named(self, row: int) -> tuple[str, str]:
        """Returns the labels of an example and the predicted ones, each joined by commas; a dash stands for none."""
        label, predicted = (
            ", ".join(self.label_names[number] for number in np.flatnonzero(table[row])) or NO_LABEL
            for table in (self.truth, self.answers)
        )
        return label, predicted
