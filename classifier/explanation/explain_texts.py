"""Explains the texts of a file: all for the words of each class, a sample to compare methods, a few for drawings."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from classifier.artifact.saved_model import SavedClassifier
from classifier.errors import UserError
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

SHOWN_LABELS = 20  # in a message
FEWEST = 2  # minimum number of texts to compare methods


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts to explain, their origins and, if known, their labels; see `Examples`."""

    texts: list[str]
    origins: list[str]
    labels: np.ndarray | None = None

    def labels_of(self, row: int) -> list[int] | None:
        """Returns the labels that a text has, if they are known."""
        if self.labels is None:
            return None
        return np.flatnonzero(self.labels[row]).tolist() if self.labels.ndim == 2 else [int(self.labels[row])]


class Question(NamedTuple):
    """Why a text gets a label, or does not.

    Args:
        row: index of the text.
        label: class whose logit is explained.
        other: class with which it is compared, instead of all others.
    """

    row: int
    label: int
    other: int | None = None


class Answered(NamedTuple):
    """Texts with the answers of the model.

    Args:
        texts: the texts.
        probabilities: probabilities of shape (texts, classes).
        answers: whether each label is predicted, (texts, classes).
        has_none: whether the last class is that of none of the others. It has no words of its own: the most likely
            other class is explained in its place.
    """

    texts: Texts
    probabilities: Array
    answers: Array
    has_none: bool = False

    @property
    def none(self) -> int | None:
        """The number of the class of none of the others, if there is one."""
        return self.probabilities.shape[1] - 1 if self.has_none else None

    def likeliest(self, row: int) -> int:
        """Returns the most likely class of a text that can be explained."""
        return int(self.probabilities[row, : self.none].argmax())

    def labels(self, row: int) -> list[int]:
        """Returns the predicted labels of a text, the most likely first."""
        given = np.flatnonzero(self.answers[row])
        return given[np.argsort(-self.probabilities[row, given], kind="stable")].tolist()

    def questions(self, rows: Sequence[int], label: int | None = None) -> list[Question]:
        """Returns the questions why the texts get each of their labels; the most likely one of a text without labels.

        Args:
            rows: indices of the texts.
            label: a class that is explained for each text instead.
        """
        if label is not None:
            return [Question(row, label) for row in rows]
        return [
            Question(row, one)
            for row in rows
            for one in [label for label in self.labels(row) if label != self.none] or [self.likeliest(row)]
        ]


def explain_texts(explainer: SavedExplainer, texts: Texts, options: Explained, seed: int) -> Report:
    """Returns the complete report on the texts.

    Raises:
        UserError: if the model does not have the label that is to be explained.
    """
    classifier, random = explainer.classifier, np.random.default_rng(seed)
    label = None if options.label is None else label_number(options.label, classifier)
    probabilities = with_progress(classifier, "Classifying")(texts.texts)
    has_none = classifier.none_of_these is not None
    answered = Answered(texts, probabilities, classifier.decision.answers(probabilities), has_none)
    shown = range(min(max(options.shown, len(texts.texts) == 1), len(texts.texts)))
    drawn = drawn_texts(explainer, answered, answered.questions(shown, label))
    report = Report(classifier.label_names, drawn, several=classifier.decision.several)
    if len(texts.texts) < FEWEST:
        return report
    report.mistakes = drawn_texts(explainer, answered, mistakes(answered, options.shown))
    rows = sampled(len(texts.texts), options.most_texts, random)
    if len(rows) < len(texts.texts):
        say(f"{len(rows):,} of {len(texts.texts):,} texts are explained, drawn at random; explain.most_texts=null: all")
    explained = explain_all(explainer, answered, answered.questions(rows, label))
    report.incomplete = sum(explanation.incompleteness > TOLERANCE for explanation in explained)
    if report.incomplete:
        what = counted(report.incomplete, "explanation")
        say(f"The integrated gradients of {what} are not complete within {TOLERANCE:.0%}")
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


def explain_all(
    explainer: SavedExplainer, answered: Answered, questions: Sequence[Question], drawn: bool = False
) -> list[Explanation]:
    """Answers the questions in order; the attention, which is large, is only kept if they are to be drawn."""
    several, classes = explainer.classifier.decision.several, answered.probabilities.shape[1]
    rows, labels = ([one.row for one in questions], np.array([one.label for one in questions], int))
    contrasts = contrasts_of(labels, classes, several, answered.has_none)
    for place, (_, label, other) in enumerate(questions):
        if other is not None:
            contrasts[place] = against(label, other, classes)
    found: dict[int, Explanation] = {}
    with Stage("Explaining", len(rows), "texts") as stage:
        chosen = [answered.texts.texts[row] for row in rows]
        for place, explanation in explainer.explain(chosen, answered.probabilities[rows], contrasts):
            if not drawn:
                explanation.attention = []
            found[place] = explanation
            stage.advance()
    explanations = [found[place] for place in range(len(rows))]
    if drawn:
        explainer.occlude(explanations, with_progress(explainer.classifier, "Leaving out words"))
    return explanations


def mistakes(answered: Answered, most: int) -> list[Question]:
    """Returns questions about the most confident mistakes.

    Of one label per text, it is why the text gets its label instead of the right one. Of several, it is why it gets a
    label that it should not have, or, in turn, why it does not get one that it should have.
    """
    labels, probabilities = answered.texts.labels, answered.probabilities
    if labels is None:
        return []
    if labels.ndim == 1:
        predicted = probabilities.argmax(axis=1)
        wrong = np.flatnonzero(predicted != labels)
        surest = wrong[np.argsort(-probabilities.max(axis=1)[wrong], kind="stable")][:most].tolist()
        pairs = [(row, int(predicted[row]), int(labels[row])) for row in surest]
        return [
            Question(row, answered.likeliest(row)) if answered.none in pair else Question(row, *pair)
            for row, *pair in pairs
        ]
    truth = labels > 0
    found = []
    for wrong, confidence in ((answered.answers & ~truth, probabilities), (truth & ~answered.answers, -probabilities)):
        rows, columns = np.nonzero(wrong)
        order = np.argsort(-confidence[rows, columns], kind="stable")
        found.append([Question(int(rows[place]), int(columns[place])) for place in order])
    return [one for pair in zip_longest(*found) for one in pair if one is not None][:most]


def drawn_texts(explainer: SavedExplainer, answered: Answered, questions: Sequence[Question]) -> list[DrawnText]:
    """Answers the questions completely, for drawing."""
    if not questions:
        return []
    texts = answered.texts
    explanations = explain_all(explainer, answered, questions, drawn=True)
    return [
        DrawnText(explanation, texts.origins[row], answered.labels(row), texts.labels_of(row))
        for explanation, (row, _, _) in zip(explanations, questions, strict=True)
    ]


def label_number(label: str, classifier: SavedClassifier) -> int:
    """Returns the number of a label of the model.

    Raises:
        UserError: if there is none, or it is that of none of the other classes.
    """
    label_names, none = classifier.label_names, classifier.none_of_these
    if none and label == none.label:
        raise UserError(
            f"explain.label={label}: this label is given where nothing speaks for another one, so there are no words "
            "to show. Leave it out to see what speaks for the most likely other label."
        )
    if label in label_names:
        return list(label_names).index(label)
    nearest = difflib.get_close_matches(label, label_names, n=1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else f" Its labels: {', '.join(label_names[:SHOWN_LABELS])}."
    raise UserError(f"explain.label={label}: the model has no such label.{hint}")
