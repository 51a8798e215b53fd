"""The explanation of one text as a value: for programs, and for notebooks, where it shows itself."""

from dataclasses import dataclass

import numpy as np

from classifier.artifact.saved_model import SavedClassifier
from classifier.explanation.explanation import Array, Explanation, against_others
from classifier.explanation.page import Page, Shown, page_html
from classifier.explanation.saved_explainer import SavedExplainer


@dataclass(frozen=True, slots=True)
class TextExplanation:
    """Why a text was answered as it was.

    Args:
        explanation: by every method.
        label_names: by class.
    """

    explanation: Explanation
    label_names: tuple[str, ...]

    @property
    def label(self) -> str:
        """The answer."""
        return self.label_names[self.explanation.predicted]

    @property
    def probability(self) -> float:
        """Of the answer."""
        return float(self.explanation.probabilities[self.explanation.predicted])

    @property
    def words(self) -> list[str]:
        """The words of the text, as the classifier reads them."""
        return self.explanation.words

    def scores(self, method: str = "integrated_gradients") -> Array:
        """What each word gives to the answer, (words,), in logits, or as a share.

        Raises:
            KeyError: if the model has no such method.
        """
        if method not in self.explanation.scores:
            raise KeyError(f"{method!r} is not one of {', '.join(self.explanation.scores)}")
        return self.explanation.scores[method]

    def __str__(self) -> str:
        values = self.scores()
        strongest = sorted(range(len(self.words)), key=lambda place: -abs(values[place]))[:8]
        shown = ", ".join(f"{self.words[place]} {values[place]:+.2f}" for place in strongest)
        return f"{self.label} {self.probability:.1%}: {shown} (integrated gradients, in logits)"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape

        page = page_html(Page("Explanation", self.label_names, [Shown(self.explanation)]))
        return f'<iframe srcdoc="{escape(page)}" style="width: 100%; height: 32rem; border: 0"></iframe>'


def explain_text(classifier: SavedClassifier, text: str) -> TextExplanation:
    """Explains the answer to one text by every method."""
    probabilities = classifier.probabilities([text])
    contrasts = against_others(probabilities.argmax(axis=1), probabilities.shape[1])
    explainer = SavedExplainer(classifier)
    ((_, explanation),) = explainer.explain([text], probabilities, np.asarray(contrasts))
    explainer.occlude([explanation])
    return TextExplanation(explanation, classifier.label_names)
