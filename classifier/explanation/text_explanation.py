"""The explanation of a text for programs, and for notebooks, which display it."""

from dataclasses import dataclass

import numpy as np

from classifier.artifact.saved_model import SavedClassifier
from classifier.explanation.explain_texts import label_number
from classifier.explanation.explanation import Array, Explanation, contrasts_of
from classifier.explanation.page import DrawnText, Page, page_html
from classifier.explanation.saved_explainer import SavedExplainer

SHOWN_WORDS = 5  # with most weight, in the summary of an explanation


@dataclass(frozen=True, slots=True)
class TextExplanation:
    """Why a text gets a label, or does not.

    Args:
        explanation: explanation by all methods.
        label_names: names of the classes.
        answers: numbers of the predicted labels.
    """

    explanation: Explanation
    label_names: tuple[str, ...]
    answers: tuple[int, ...]

    @property
    def label(self) -> str:
        """The explained label: the predicted one, unless another was asked for."""
        return self.label_names[self.explanation.explained]

    @property
    def probability(self) -> float:
        """The probability of the explained label."""
        return float(self.explanation.probabilities[self.explanation.explained])

    @property
    def words(self) -> list[str]:
        """The words that the classifier reads, as they are written in the text."""
        return self.explanation.written

    def scores(self, method: str = "integrated_gradients") -> Array:
        """Returns the contribution of each word to the explained label, of shape (words,), in logits or as a share.

        Raises:
            KeyError: if the model has no such method.
        """
        if method not in self.explanation.scores:
            raise KeyError(f"{method!r} is not one of {', '.join(self.explanation.scores)}")
        return self.explanation.scores[method]

    def __str__(self) -> str:
        values = self.scores()
        written = self.words
        strongest = sorted(range(len(written)), key=lambda place: -abs(values[place]))[:SHOWN_WORDS]
        words = ", ".join(f"{written[place]} {values[place]:+.2f}" for place in strongest)
        because = f"{words} (integrated gradients, in logits)" if words else "there is no word in it"
        missed = "" if self.explanation.explained in self.answers else " (not predicted)"
        return f"{self.label} {self.probability:.1%}{missed}: {because}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape

        page = page_html(Page("Explanation", self.label_names, [DrawnText(self.explanation, "", self.answers)]))
        return f'<iframe srcdoc="{escape(page)}" style="width: 100%; height: 32rem; border: 0"></iframe>'


def explain_text(classifier: SavedClassifier, text: str, label: str | None = None) -> TextExplanation:
    """Explains why a text gets its most likely label, or another label, by all methods.

    Raises:
        UserError: if the model has no such label.
    """
    probabilities = classifier.probabilities([text])
    explained = int(probabilities.argmax()) if label is None else label_number(label, classifier.label_names)
    contrasts = contrasts_of(np.array([explained]), probabilities.shape[1], classifier.decision.several)
    explainer = SavedExplainer(classifier)
    ((_, explanation),) = explainer.explain([text], probabilities, contrasts)
    explainer.occlude([explanation])
    answers = np.flatnonzero(classifier.decision.answers(probabilities)[0])
    return TextExplanation(explanation, classifier.label_names, tuple(answers.tolist()))
