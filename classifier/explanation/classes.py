"""The most important words of each class, over all texts for which it is explained."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from classifier.explanation.explanation import Explanation


@dataclass(frozen=True, slots=True)
class ClassWord:
    """The contribution of a word to the logit contrast of a class, in the texts for which the class is explained."""

    label: str
    word: str  # in its most frequent spelling
    occurrences: int
    mean: float  # per occurrence
    total: float  # of all occurrences, divided by the number of texts for which the class is explained


def class_words(
    explanations: Sequence[Explanation], label_names: Sequence[str], method: str = "integrated_gradients"
) -> list[ClassWord]:
    """Returns all words of each class, sorted by their total contribution."""
    found: list[ClassWord] = []
    for number, label in enumerate(label_names):
        of_class = [explanation for explanation in explanations if explanation.explained == number]
        values: dict[str, list[float]] = {}
        spellings: dict[str, Counter[str]] = {}
        for explanation in of_class:
            scores = explanation.scores[method].tolist()
            for word, written, score in zip(explanation.words, explanation.written, scores, strict=True):
                values.setdefault(word, []).append(score)
                spellings.setdefault(word, Counter())[written] += 1
        rows = [
            ClassWord(
                label,
                spellings[word].most_common(1)[0][0],
                len(scores),
                sum(scores) / len(scores),
                sum(scores) / len(of_class),
            )
            for word, scores in values.items()
        ]
        found += sorted(rows, key=lambda row: -row.total)
    return found
