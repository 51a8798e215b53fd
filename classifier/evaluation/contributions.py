"""What the encoder and the n-gram model contribute to the answers, in numbers and in a sentence."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from numpy.typing import NDArray

from classifier.evaluation.bootstrap import Interval
from classifier.evaluation.proportions import paired_interval, wilson_interval

PARTS = ("ngrams", "encoder", "together")


@dataclass(frozen=True, slots=True)
class Estimate:
    """An accuracy, or a difference of two, with its 95 % interval."""

    value: float
    interval: Interval

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.interval.low:.3f}, {self.interval.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Contributions:
    """Accuracy of the parts on unseen texts, and what each part adds to the other one.

    Args:
        examples: number of examples.
        accuracy: estimates for each of PARTS.
        gains: differences between both together and the other part alone, for `encoder` and `ngrams`.
    """

    examples: int
    accuracy: Mapping[str, Estimate]
    gains: Mapping[str, Estimate]

    def summary(self) -> dict[str, Any]:
        """Returns the numbers for summary.json."""
        return {"examples": self.examples, **{name: asdict(one) for name, one in self.accuracy.items()}}


def contributions(right: Mapping[str, NDArray]) -> Contributions:
    """Computes the accuracies, and the differences paired by example.

    Args:
        right: whether each of PARTS answers the examples right, of shape (examples,).
    """
    right = {part: right[part].astype(float) for part in PARTS}
    examples = len(right["together"])
    accuracy = {
        part: Estimate(float(hits.mean()), wilson_interval(int(hits.sum()), examples)) for part, hits in right.items()
    }

    def gain(other: str) -> Estimate:
        gained = right["together"] - right[other]
        interval = paired_interval(int((gained > 0).sum()), int((gained < 0).sum()), examples)
        return Estimate(float(gained.mean()), interval)

    return Contributions(examples, accuracy, {"encoder": gain("ngrams"), "ngrams": gain("encoder")})


def verdict(found: Contributions, pretrained: bool, texts: str = "validation texts") -> str:
    """Says what carries the answer; names what to try if the encoder adds nothing that these examples can show.

    Args:
        found: the contributions.
        pretrained: whether the encoder is pretrained.
        texts: what they were measured on.
    """
    accuracy = found.accuracy
    measured = (
        f"Accuracy on {found.examples:,} {texts}: n-grams alone {accuracy['ngrams']}, "
        f"encoder alone {accuracy['encoder']}, together {accuracy['together']}."
    )
    encoder, ngrams = (gain.interval.low > 0 for gain in (found.gains["encoder"], found.gains["ngrams"]))
    if encoder and ngrams:
        return f"{measured} Both carry the answer: each adds to the other."
    if encoder:
        return f"{measured} The encoder carries the answer: the n-grams add nothing measurable to it."
    gain = found.gains["encoder"]
    between = f"{gain.value:+.3f}, between {gain.interval.low:+.3f} and {gain.interval.high:+.3f}"
    carried = "The n-grams carry the answer" if ngrams else "Either part would do alone"
    hint = "" if pretrained else " A pretrained encoder may: try encoder=minilm (docs/pretrained.md)."
    return f"{measured} {carried}: the encoder adds nothing measurable to the n-grams ({between}).{hint}"
