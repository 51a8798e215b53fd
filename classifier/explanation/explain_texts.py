"""The texts of a file: all for the words of each class, a sample to compare the methods, a few to be drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.explanation.classes import class_words
from classifier.explanation.explanation import Array, Explanation, against, against_others
from classifier.explanation.faithfulness import faithfulness_curves, faithfulness_table
from classifier.explanation.integration import TOLERANCE
from classifier.explanation.page import Shown
from classifier.explanation.report import Report
from classifier.explanation.saved_explainer import SavedExplainer
from classifier.progress import Progress
from classifier.settings import Explained
from classifier.terminal import say

FEWEST = 2  # texts on which methods are compared


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts to explain, where each stands and, where they are known, the classes that they are labelled with."""

    texts: list[str]
    origins: list[str]
    labels: np.ndarray | None = None


def explain_texts(explainer: SavedExplainer, texts: Texts, options: Explained, seed: int) -> Report:
    """Everything that the report tells of the texts."""
    classifier, random = explainer.classifier, np.random.default_rng(seed)
    probabilities = classifier.probabilities(texts.texts)
    contrasts = against_others(probabilities.argmax(axis=1), len(classifier.label_names))
    report = Report(classifier.label_names, shown_texts(explainer, texts, probabilities, contrasts, options))
    if len(texts.texts) < FEWEST:
        return report
    report.mistakes = mistakes(explainer, texts, probabilities, options)
    rows = sampled(len(texts.texts), options.most_texts, random)
    if len(rows) < len(texts.texts):
        say(f"{len(rows):,} of {len(texts.texts):,} texts are explained, drawn at random; explain.most_texts=null: all")
    explained = explain_rows(explainer, texts, probabilities, contrasts, rows)
    report.incomplete = sum(one.incompleteness > TOLERANCE for one in explained)
    if report.incomplete:
        say(f"Integrated gradients of {report.incomplete:,} texts are not complete within {TOLERANCE:.0%}")
    report.words = class_words(explained, classifier.label_names)
    readable = [one for one in explained if one.words]
    sample = [readable[place] for place in sampled(len(readable), options.sample, random)]
    if len(sample) >= FEWEST:
        explainer.occlude(sample)
        report.curves = faithfulness_curves(sample, classifier.probabilities, seed)
        report.faithfulness = faithfulness_table(report.curves, seed)
        report.sampled = len(sample)
    return report


def sampled(count: int, most: int | None, random: np.random.Generator) -> list[int]:
    """At most so many places, in their order."""
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
    """Explanations of these rows, in their order; only those to be drawn keep their attention, which is large."""
    found: dict[int, Explanation] = {}
    with Progress("Explaining", len(rows)) as progress:
        some = [texts.texts[row] for row in rows]
        for place, explanation in explainer.explain(some, probabilities[rows], contrasts[rows]):
            if not drawn:
                explanation.attention = []
            found[place] = explanation
            progress.advance(1)
    explanations = [found[place] for place in range(len(rows))]
    if drawn:
        explainer.occlude(explanations)
    return explanations


def shown_texts(
    explainer: SavedExplainer, texts: Texts, probabilities: Array, contrasts: Array, options: Explained
) -> list[Shown]:
    """The first texts."""
    rows = list(range(min(max(options.shown, len(texts.texts) == 1), len(texts.texts))))
    return shown(explainer, texts, probabilities, contrasts, rows)


def mistakes(explainer: SavedExplainer, texts: Texts, probabilities: Array, options: Explained) -> list[Shown]:
    """The most confident mistakes: what speaks for the predicted class, and what for the label."""
    if texts.labels is None:
        return []
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != texts.labels)
    rows = wrong[np.argsort(-probabilities.max(axis=1)[wrong], kind="stable")][: options.shown].tolist()
    contrasts = np.zeros(probabilities.shape)
    for row in rows:
        contrasts[row] = against(int(predicted[row]), int(texts.labels[row]), probabilities.shape[1])
    return shown(explainer, texts, probabilities, contrasts, rows)


def shown(
    explainer: SavedExplainer, texts: Texts, probabilities: Array, contrasts: Array, rows: list[int]
) -> list[Shown]:
    """These rows with all that is drawn of them."""
    if not rows:
        return []
    explanations = explain_rows(explainer, texts, probabilities, contrasts, rows, drawn=True)
    labels = [None if texts.labels is None else int(texts.labels[row]) for row in rows]
    origins = [texts.origins[row] for row in rows]
    return [Shown(*one) for one in zip(explanations, origins, labels, strict=True)]
