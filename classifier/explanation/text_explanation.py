"""The explanation of a text for programs, and for notebooks, which display it."""

from dataclasses import dataclass

from classifier.artifact.saved_model import SavedClassifier
from classifier.explanation.explanation import Array, Explanation, contrasts_of
from classifier.explanation.page import DrawnText, Page, page_html
from classifier.explanation.saved_explainer import SavedExplainer

SHOWN_WORDS = 5  # with most weight, in the summary of an explanation


@dataclass(frozen=True, slots=True)
class TextExplanation:
    """The explanation of a prediction.

    Args:
        explanation: explanation by all methods.
        label_names: names of the classes.
    """

    explanation: Explanation
    label_names: tuple[str, ...]

    @property
    def label(self) -> str:
        """The predicted label."""
        return self.label_names[self.explanation.predicted]

    @property
    def probability(self) -> float:
        """The probability of the predicted label."""
        return float(self.explanation.probabilities[self.explanation.predicted])

    @property
    def words(self) -> list[str]:
        """The words that the classifier reads, as they are written in the text."""
        return self.explanation.written

    def scores(self, method: str = "integrated_gradients") -> Array:
        """Returns the contribution of each word to the prediction, of shape (words,), in logits or as a share.

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
        return f"{self.label} {self.probability:.1%}: {because}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape

        page = page_html(Page("Explanation", self.label_names, [DrawnText(self.explanation)]))
        return f'<iframe srcdoc="{escape(page)}" style="width: 100%; height: 32rem; border: 0"></iframe>'


def explain_text(classifier: SavedClassifier, text: str) -> TextExplanation:
    """Explains the prediction for a text by all methods."""
    probabilities = classifier.probabilities([text])
    contrasts = contrasts_of(probabilities, classifier.decision.several, classifier.none_of_these is not None)
    explainer = SavedExplainer(classifier)
    ((_, explanation),) = explainer.explain([text], probabilities, contrasts)
    explainer.occlude([explanation])
    return TextExplanation(explanation, classifier.label_names)
