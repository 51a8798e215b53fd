"""The words that count most in each class, over all the texts that are given its label."""

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.explanation.explanation import Explanation


@dataclass(frozen=True, slots=True)
class ClassWord:
    """What a word adds to the logit of a class above the others, in the texts that are given this label."""

    label: str
    word: str
    occurrences: int
    mean: float  # of an occurrence
    total: float  # of all occurrences, divided by the texts of the label


def class_words(
    explanations: Sequence[Explanation], label_names: Sequence[str], method: str = "integrated_gradients"
) -> list[ClassWord]:
    """Every word of each class, those first that speak most for it in all its texts together."""
    found: list[ClassWord] = []
    for number, label in enumerate(label_names):
        mine = [one for one in explanations if one.predicted == number]
        values: dict[str, list[float]] = {}
        for one in mine:
            for word, score in zip(one.words, one.scores[method].tolist(), strict=True):
                values.setdefault(word, []).append(score)
        rows = [
            ClassWord(label, word, len(some), sum(some) / len(some), sum(some) / len(mine))
            for word, some in values.items()
        ]
        found += sorted(rows, key=lambda row: -row.total)
    return found
