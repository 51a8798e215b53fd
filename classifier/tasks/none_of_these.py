"""How a model recognizes texts that belong to none of its classes, as a value that files contain."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.errors import UserError
from classifier.files import write_text

NONE_OF_THESE = Path("assets.extra", "none_of_these.json")  # in a SavedModel


@dataclass(frozen=True, slots=True)
class NoneOfThese:
    """The last class of a model, of texts that belong to none of the others; see `classifier.model.none_logit`.

    Args:
        label: name of the class.
        weights: weight of each score of a text in the logit of the class.
        bias: what is added to the logit.
        learned: whether the model was trained on such texts.
        examples: number of validation texts of the other classes on which weights and bias were fitted.
        outside: number of validation texts of none of the classes; 0 if they were fitted by leaving classes out.
    """

    label: str
    weights: tuple[float, ...]
    bias: float
    learned: bool = False
    examples: int = 0
    outside: int = 0

    def sentence(self) -> str:
        """Says what the probability of the class rests on."""
        begin = f"The probability of {self.label!r}, none of the other classes, rests on"
        learned = "training texts with this label and on " if self.learned else ""
        if self.outside:
            counts = f"{self.examples:,} of other classes and {self.outside:,} with this label"
            rest = "" if self.learned else "; the model did not learn from them"
            return f"{begin} {learned}validation texts: {counts}{rest}."
        if self.learned:
            return f"{begin} training texts with this label, and on no validation text with it."
        return (
            f"{begin} {self.examples:,} validation texts, each of which was answered with and without its own class: "
            "there was no text of none of the classes."
        )

    def write(self, folder: Path) -> None:
        """Writes the file to the folder of a SavedModel."""
        (folder / NONE_OF_THESE).parent.mkdir(exist_ok=True)
        write_text(folder / NONE_OF_THESE, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "NoneOfThese | None":
        """Reads the file in the folder of a SavedModel; None if the model has no such class.

        Raises:
            UserError: if the file is damaged.
        """
        path = folder / NONE_OF_THESE
        if not path.exists():
            return None
        try:
            read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            weights = tuple(map(float, read["weights"]))
            return cls(
                str(read["label"]),
                weights,
                float(read["bias"]),
                bool(read["learned"]),
                int(read["examples"]),
                int(read["outside"]),
            )
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{path} is damaged. Copy the model again, or export it again.") from None
