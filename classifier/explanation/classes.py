"""The most important words of each class, over all texts for which it is predicted."""

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.explanation.explanation import Explanation


@dataclass(frozen=True, slots=True)
class ClassWord:
    """The contribution of a word to the logit contrast of a class, in the texts for which the class is predicted."""

    label: str
    word: str
    occurrences: int
    mean: float  # per occurrence
    total: float  # of all occurrences, divided by the number of texts with this prediction


def class_words(
    explanations: Sequence[Explanation], label_names: Sequence[str], method: str = "integrated_gradients"
) -> list[ClassWord]:
    """Returns all words of each class, sorted by their total contribution."""
    found: list[ClassWord] = []
    for number, label in enumerate(label_names):
        of_class = [explanation for explanation in explanations if explanation.predicted == number]
        values: dict[str, list[float]] = {}
        for explanation in of_class:
            for word, score in zip(explanation.words, explanation.scores[method].tolist(), strict=True):
                values.setdefault(word, []).append(score)
        rows = [
            ClassWord(label, word, len(scores), sum(scores) / len(scores), sum(scores) / len(of_class))
            for word, scores in values.items()
        ]
        found += sorted(rows, key=lambda row: -row.total)
    return found
