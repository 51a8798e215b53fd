"""The thresholds by which a model accepts its answers and forms sets of labels, as a value that files contain."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.errors import UserError
from classifier.files import write_text

DECISION = Path("assets.extra", "decision.json")  # in a SavedModel, whose assets.extra TensorFlow leaves to others
NEVER = 2.0  # a threshold above every probability


@dataclass(frozen=True, slots=True)
class Decision:
    """The decisions of a model, which were chosen on validation examples.

    All thresholds are compared in float32, as in the exported graph.

    Args:
        accept_from: lowest score of an answer that is accepted; None if the model does not abstain.
        include_from: lowest probability with which each label belongs to the label set, one per class; None without
            label sets.
        promise: what was asked for, such as `{"abstain.precision": 0.95}`.
        examples: number of validation examples on which the thresholds were chosen.
    """

    accept_from: float | None = None
    include_from: tuple[float, ...] | None = None
    promise: dict[str, float] | None = None
    examples: int = 0

    def __bool__(self) -> bool:
        return self.accept_from is not None or self.include_from is not None

    def accepted(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Returns whether the model accepts its answer, (examples,), from probabilities (examples, classes)."""
        least = 0 if self.accept_from is None else self.accept_from
        return probabilities.max(axis=1).astype(np.float32) >= np.float32(least)

    def label_sets(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Returns whether each label belongs to the set, (examples, classes), from probabilities of this shape."""
        least = np.zeros(probabilities.shape[1]) if self.include_from is None else np.array(self.include_from)
        return probabilities.astype(np.float32) >= least.astype(np.float32)

    def write(self, folder: Path) -> None:
        """Writes the file to the folder of a SavedModel; nothing if the model makes no decisions."""
        if self:
            (folder / DECISION).parent.mkdir(exist_ok=True)
            write_text(folder / DECISION, json.dumps(asdict(self), indent=2) + "\n")

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
            sets = read["include_from"]
            return cls(
                None if read["accept_from"] is None else float(read["accept_from"]),
                None if sets is None else tuple(map(float, sets)),
                read["promise"],
                int(read["examples"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} is damaged: {type(error).__name__} {error}. Export the model again.") from None


NO_DECISION = Decision()  # of a model that accepts every answer and has no label sets
