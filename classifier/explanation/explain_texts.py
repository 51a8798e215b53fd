"""Explains the texts of a file: all for the words of each class, a sample to compare methods, a few for drawings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.artifact.saved_model import SavedClassifier
from classifier.explanation.classes import class_words
from classifier.explanation.explanation import Array, Explanation, against, contrasts_of
from classifier.explanation.faithfulness import faithfulness_curves, faithfulness_table
from classifier.explanation.integration import TOLERANCE
from classifier.explanation.page import DrawnText
from classifier.explanation.report import Report
from classifier.explanation.saved_explainer import SavedExplainer
from classifier.progress import Stage
from classifier.settings import Explained
from classifier.terminal import counted, say

FEWEST = 2  # minimum number of texts to compare methods


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts to explain, their origins and, if known, their labels."""

    texts: list[str]
    origins: list[str]
    labels: np.ndarray | None = None


def explain_texts(explainer: SavedExplainer, texts: Texts, options: Explained, seed: int) -> Report:
    """Returns the complete report on the texts."""
    classifier, random = explainer.classifier, np.random.default_rng(seed)
    probabilities = with_progress(classifier, "Classifying")(texts.texts)
    contrasts = contrasts_of(probabilities, classifier.decision.several, classifier.none_of_these is not None)
    report = Report(classifier.label_names, first_texts(explainer, texts, probabilities, contrasts, options))
    if len(texts.texts) < FEWEST:
        return report
    report.mistakes = mistakes(explainer, texts, probabilities, contrasts, options)
    rows = sampled(len(texts.texts), options.most_texts, random)
    if len(rows) < len(texts.texts):
        say(f"{len(rows):,} of {len(texts.texts):,} texts are explained, drawn at random; explain.most_texts=null: all")
    explained = explain_rows(explainer, texts, probabilities, contrasts, rows)
    report.incomplete = sum(explanation.incompleteness > TOLERANCE for explanation in explained)
    if report.incomplete:
        say(f"Integrated gradients of {counted(report.incomplete, 'text')} are not complete within {TOLERANCE:.0%}")
    report.words = class_words(explained, classifier.label_names)
    readable = [explanation for explanation in explained if explanation.words]
    sample = [readable[place] for place in sampled(len(readable), options.sample, random)]
    if len(sample) >= FEWEST:
        explainer.occlude(sample, with_progress(classifier, "Leaving out words"))
        report.curves = faithfulness_curves(sample, with_progress(classifier, "Comparing the explanations"), seed)
        with Stage("Computing intervals"):
            report.faithfulness = faithfulness_table(report.curves, seed)
        report.sampled = len(sample)
    return report


def with_progress(classifier: SavedClassifier, name: str) -> Callable[[list[str]], Array]:
    """Returns a function from texts to probabilities (texts, classes) that shows its progress under this name."""

    def classify(texts: list[str]) -> Array:
        with Stage(name, len(texts), "texts") as stage:
            return classifier.probabilities(texts, stage.advance)

    return classify


def sampled(count: int, most: int | None, random: np.random.Generator) -> list[int]:
    """Returns at most `most` random indices in ascending order."""
    if most is None or count <= most:
        return list(range(count))
    return sorted(random.choice(count, most, replace=False).tolist())


def explain_rows(
    explainer: SavedExplainer,
    texts: Texts,
    probabilities: Array,
    contrasts: Array,
    rows: Sequence[int],
    drawn: bool = False,
) -> list[Explanation]:
    """Explains the rows in order; the attention, which is large, is only kept if they are to be drawn."""
    found: dict[int, Explanation] = {}
    with Stage("Explaining", len(rows), "texts") as stage:
        chosen = [texts.texts[row] for row in rows]
        for place, explanation in explainer.explain(chosen, probabilities[rows], contrasts[rows]):
            if not drawn:
                explanation.attention = []
            found[place] = explanation
            stage.advance()
    explanations = [found[place] for place in range(len(rows))]
    if drawn:
        explainer.occlude(explanations, with_progress(explainer.classifier, "Leaving out words"))
    return explanations


def first_texts(
    explainer: SavedExplainer, texts: Texts, probabilities: Array, contrasts: Array, options: Explained
) -> list[DrawnText]:
    """Explains the first texts."""
    rows = list(range(min(max(options.shown, len(texts.texts) == 1), len(texts.texts))))
    return drawn_texts(explainer, texts, probabilities, contrasts, rows)


def mistakes(
    explainer: SavedExplainer, texts: Texts, probabilities: Array, contrasts: Array, options: Explained
) -> list[DrawnText]:
    """Explains the most confident mistakes, with the contrast between the predicted class and the label.

    If one of them is the class of none of the others, the given contrast is used; see `contrasts_of`.
    """
    if texts.labels is None:
        return []
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != texts.labels)
    rows = wrong[np.argsort(-probabilities.max(axis=1)[wrong], kind="stable")][: options.shown].tolist()
    contrasts, classes = contrasts.copy(), probabilities.shape[1]
    none = None if explainer.classifier.none_of_these is None else classes - 1
    for row in rows:
        if none not in (pair := (int(predicted[row]), int(texts.labels[row]))):
            contrasts[row] = against(*pair, classes)
    return drawn_texts(explainer, texts, probabilities, contrasts, rows)


def drawn_texts(
    explainer: SavedExplainer, texts: Texts, probabilities: Array, contrasts: Array, rows: list[int]
) -> list[DrawnText]:
    """Explains the rows completely, for drawing."""
    if not rows:
        return []
    explanations = explain_rows(explainer, texts, probabilities, contrasts, rows, drawn=True)
    labels = [None if texts.labels is None else int(texts.labels[row]) for row in rows]
    origins = [texts.origins[row] for row in rows]
    return [DrawnText(*fields) for fields in zip(explanations, origins, labels, strict=True)]
