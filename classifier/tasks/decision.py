"""The thresholds by which a model accepts its answers and forms sets of labels, as a value that files contain."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.errors import UserError
from classifier.files import write_text
from classifier.settings import LabelSets, as_typed
from classifier.tasks.set_scores import set_scores

DECISION = Path("assets.extra", "decision.json")  # in a SavedModel, whose assets.extra TensorFlow leaves to others
NEVER = 2.0  # a threshold above every probability


@dataclass(frozen=True, slots=True)
class Decision:
    """The decisions of a model, which were chosen on validation examples.

    All thresholds are compared in float32, as in the exported graph.

    Args:
        accept_from: lowest score of an answer that is accepted; None if the model does not abstain.
        include_from: lowest score with which each label belongs to the label set, one per class; None without label
            sets.
        label_from: lowest probability with which a text has each label, one per class; None if a text has one label,
            which is the most likely one.
        promise: what was asked for, such as `{"abstain.precision": 0.95}`.
        examples: number of validation examples on which the thresholds were chosen.
        label_sets_by: what the score of `include_from` is; see `set_scores`.
    """

    accept_from: float | None = None
    include_from: tuple[float, ...] | None = None
    label_from: tuple[float, ...] | None = None
    promise: dict[str, float | str] | None = None
    examples: int = 0
    label_sets_by: LabelSets = LabelSets.lac

    def __bool__(self) -> bool:
        return any(given is not None for given in (self.accept_from, self.include_from, self.label_from))

    @property
    def several(self) -> bool:
        """Whether a text can have several labels, or none."""
        return self.label_from is not None

    def answers(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Returns whether each label is predicted, (examples, classes), from probabilities of this shape."""
        if self.label_from is None:
            return probabilities.argmax(axis=1)[:, None] == np.arange(probabilities.shape[1])
        return probabilities.astype(np.float32) >= np.array(self.label_from, np.float32)

    def right(self, probabilities: NDArray[np.floating], labels: NDArray) -> NDArray[np.bool_]:
        """Returns whether the predicted labels are the given ones, (examples,).

        Args:
            probabilities: probabilities of shape (examples, classes).
            labels: labels of the examples; see `Examples`.
        """
        truth = labels > 0 if labels.ndim == 2 else labels[:, None] == np.arange(probabilities.shape[1])
        return (self.answers(probabilities) == truth).all(axis=1)

    def accepted(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Returns whether the model accepts its answer, (examples,), from probabilities (examples, classes)."""
        least = 0 if self.accept_from is None else self.accept_from
        return probabilities.max(axis=1).astype(np.float32) >= np.float32(least)

    def label_sets(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Returns whether each label belongs to the set, (examples, classes), from probabilities of this shape."""
        least = np.zeros(probabilities.shape[1]) if self.include_from is None else np.array(self.include_from)
        return set_scores(self.label_sets_by, probabilities) >= least.astype(np.float32)

    def sentences(self) -> list[str]:
        """Describes the thresholds and what they rest on."""
        rests = f"chosen on {self.examples:,} validation texts"
        promised = {key: f"{key}={as_typed(value)}" for key, value in (self.promise or {}).items()}
        found = []
        if self.accept_from is not None:
            rule = ", ".join(text for key, text in promised.items() if key.startswith("abstain."))
            if self.accept_from >= NEVER:
                found.append(
                    f"The model accepts no answer: too few of its most certain answers are right ({rule}, {rests})."
                )
            else:
                found.append(f"The model accepts its answer from a score of {self.accept_from:.3f} ({rule}, {rests}).")
        if self.label_from is not None:
            rule = ", ".join(text for key, text in promised.items() if key.startswith("labels."))
            found.append(
                f"A text has the labels with a probability of at least {span(self.label_from)} ({rule}, {rests})."
            )
        if self.include_from is not None:
            least = span(self.include_from)
            rule = ", ".join(text for key, text in promised.items() if key.startswith("export."))
            value = "a probability"
            if self.label_sets_by is LabelSets.aps:
                value = "a sum of half their probability and that of all less likely labels"
            found.append(f"Its label sets contain the labels with {value} of at least {least} ({rule}, {rests}).")
        return found

    def write(self, folder: Path) -> None:
        """Writes the file to the folder of a SavedModel; nothing if the model makes no decisions."""
        if self:
            (folder / DECISION).parent.mkdir(exist_ok=True)
            write_text(folder / DECISION, json.dumps(self.as_json(), indent=2) + "\n")

    def as_json(self) -> dict[str, Any]:
        """Returns the content of the file."""
        return {**asdict(self), "label_sets_by": self.label_sets_by.name}

    @classmethod
    def read(cls, folder: Path) -> "Decision":
        """Reads the file in the folder of a SavedModel; without one, the model makes no decisions.

        Raises:
            UserError: if the file is damaged.
        """
        path = folder / DECISION
        if not path.exists():
            return cls()
        try:
            read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                None if read["accept_from"] is None else float(read["accept_from"]),
                by_class(read["include_from"]),
                by_class(read.get("label_from")),
                read["promise"],
                int(read["examples"]),
                LabelSets[read.get("label_sets_by", LabelSets.lac.name)],
            )
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{path} is damaged. Copy the model again, or export it again.") from None


def by_class(thresholds: list[float] | None) -> tuple[float, ...] | None:
    """Returns thresholds that were read from JSON."""
    return None if thresholds is None else tuple(map(float, thresholds))


def span(thresholds: tuple[float, ...]) -> str:
    """Describes thresholds of classes by the lowest and the highest."""
    low, high = f"{min(thresholds):.3f}", f"{max(thresholds):.3f}"
    return low if low == high else f"{low} to {high}, depending on the label"


NO_DECISION = Decision()  # of a model that accepts every answer and has no label sets
