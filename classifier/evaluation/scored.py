"""The labels and probabilities of a split, which are validated once for all metrics, tables and figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.arrays import check_names, checked, contrasted
from classifier.tasks import NO_DECISION, Decision


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Examples with their labels and predicted probabilities.

    Args:
        labels: class numbers of shape (examples,).
        probabilities: probabilities of shape (examples, classes); rows are normalized to 1 in float64.
        label_names: names of the classes.
        texts: texts of shape (examples,), only required for tables.
        origins: origin of each text, such as file:line.
        decision: thresholds by which the model decides.

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

    def __len__(self) -> int:
        return len(self.labels)

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
        """Whether the predicted class is the label, (examples,)."""
        return self.labels == self.predicted

    @property
    def contrasted(self) -> NDArray[np.int64]:
        """The classes for which ranking metrics are defined; see `arrays.contrasted`."""
        return contrasted(self.labels, self.classes)
