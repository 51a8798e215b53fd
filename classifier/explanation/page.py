"""A self-contained HTML page: faithfulness of the methods, words of each class, explained texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from markupsafe import Markup

from classifier.drawing.page import bdi, picture, render
from classifier.explanation.classes import ClassWord
from classifier.explanation.explanation import METHODS, Explanation
from classifier.explanation.faithfulness import Estimate
from classifier.explanation.integration import TOLERANCE
from classifier.explanation.marks import attention_maps, drawn_methods, marked_text, value_table
from classifier.explanation.tables import class_tables, faithfulness_rows

CLASSES = 6  # maximum number of probabilities that are shown
EXPLAINED = (
    "What is explained is the logit of the predicted class, or of the one that is named, above the mean of the others "
    "(with two classes: the log-odds)."
)
EXPLAINED_OF_SEVERAL = "What is explained is the logit of one label, which is named: a text can have several."
NOTES = (
    "Blue words speak for it, orange ones against it; stronger is more. "
    "Integrated gradients, occlusion and n-grams are in logits and have one scale in a text. Attention and pooling are "
    "shares and know no class. Dotted words are unknown to the encoder; those in italics it leaves out of a long text."
)


@dataclass(frozen=True, slots=True)
class DrawnText:
    """An explained text to draw.

    Args:
        explanation: explanation of one of its labels.
        origin: file and row.
        answers: numbers of the predicted labels.
        labels: numbers of the labels that it has, if they are known.
    """

    explanation: Explanation
    origin: str
    answers: Sequence[int]
    labels: Sequence[int] | None = None


@dataclass(slots=True)
class Page:
    """The content of the page.

    Args:
        title: title of the page.
        label_names: names of the classes.
        texts: the explained texts.
        mistakes: the most confident mistakes.
        faithfulness: estimates for each method; None if not measured.
        measured_on: description of the texts on which it was measured.
        figure: picture of the curves as PNG.
        words: the most important words by class.
        several: whether a text can have several labels.
    """

    title: str
    label_names: Sequence[str]
    texts: Sequence[DrawnText]
    mistakes: Sequence[DrawnText] = ()
    faithfulness: Mapping[str, Mapping[str, Estimate]] | None = None
    measured_on: str = ""
    figure: bytes = b""
    words: Sequence[ClassWord] = field(default_factory=list)
    several: bool = False


def page_html(page: Page) -> str:
    """Returns the HTML document."""
    sections: list[tuple[str, list[str]]] = []
    if page.faithfulness:
        curves = picture(page.figure, "Deletion and insertion curves")
        parts = [faithfulness_rows(page.faithfulness, page.measured_on), curves]
        sections.append(("Which explanation to believe", parts))
    if page.words:
        sections.append(("Words that count most in each class", [class_tables(page.words)]))
    for heading, texts in (
        ("The most confident mistakes, and why", page.mistakes),
        ("The text" if len(page.texts) == 1 else "Texts", page.texts),
    ):
        if texts:
            sections.append((heading, [text_section(text, page.label_names) for text in texts]))
    return render(
        Path(__file__).with_name("explanation.html"),
        title=page.title,
        notes=f"{EXPLAINED_OF_SEVERAL if page.several else EXPLAINED} {NOTES}",
        methods=METHODS.values(),
        legend=Markup(legend()),
        sections=[(heading, [Markup(part) for part in parts]) for heading, parts in sections],
    )


def legend() -> str:
    """Returns the scale of the colours."""
    levels = [f"a{level}" for level in (12, 9, 6, 3)] + [""] + [f"f{level}" for level in (3, 6, 9, 12)]
    scale = "".join(f'<b class="{level}">&emsp;&emsp;</b>' for level in levels)
    return f'<p class="legend quiet">against the answer {scale} for the answer</p>'


def text_section(text: DrawnText, label_names: Sequence[str]) -> str:
    """Returns the section of a text: its prediction, its words by each method, and the attention of its tokens."""
    explanation = text.explanation
    parts = [f"<article><h3>{headline(text, label_names)}</h3>", probability_bars(explanation, label_names)]
    if not explanation.words:
        parts.append(f'<p class="text" dir="auto">{escape(explanation.text)}</p>')
        parts.append("<p>The classifier reads no word in this text.</p></article>")
        return "".join(parts)
    for title, values, limit in drawn_methods(explanation):
        scale = f" <small>strongest {limit:.2g}</small>"
        parts.append(f'<div class="method"><div>{title}{scale}</div>{marked_text(explanation, values, limit)}</div>')
    parts.append(f"<details><summary>Values of each word</summary>{value_table(explanation)}</details>")
    if explanation.incompleteness > TOLERANCE:
        found = explanation.scores["integrated_gradients"].sum()
        parts.append(
            f"<p>Integrated gradients sum to {found:+.3f}, but the difference is {explanation.difference:+.3f}, "
            f"after {explanation.points} points on the path.</p>"
        )
    maps = attention_maps(explanation)
    if maps:
        summary = "Attention of each layer and head: each row is a token that attends to the columns"
        parts.append(f"<details><summary>{summary}</summary>{maps}</details>")
    return "".join([*parts, "</article>"])


def headline(text: DrawnText, label_names: Sequence[str]) -> str:
    """Returns the predicted labels, which of them is explained unless that is plain, and the right ones if missed."""
    explanation, explained = text.explanation, text.explanation.explained

    def named(labels: Sequence[int], probabilities: bool = False) -> str:
        """Returns the names of labels, with their probabilities if wanted."""
        shares = [f" {explanation.probabilities[label]:.1%}" if probabilities else "" for label in labels]
        return ", ".join(f"{bdi(label_names[label])}{share}" for label, share in zip(labels, shares, strict=True))

    said = named(text.answers, probabilities=True) or "no label"
    missed = text.labels is not None and set(text.labels) != set(text.answers)
    if missed:
        said += f", but it is {named(text.labels or []) or 'without a label'}"
    notes: list[str] = [bdi(text.origin)] if text.origin else []
    if list(text.answers) != [explained]:
        notes.append(f"explained: {named([explained], probabilities=True)}")
    if missed and explanation.contrast.min() == -1:
        notes.append(f"blue speaks for {named([explained])}, orange for {named([int(explanation.contrast.argmin())])}")
    return said + "".join(f" <small>{note}</small>" for note in notes)


def probability_bars(explanation: Explanation, label_names: Sequence[str]) -> str:
    """Returns the most likely classes with their probabilities."""
    likeliest: list[int] = explanation.probabilities.argsort()[::-1][:CLASSES].tolist()
    bars = "".join(
        f"<li>{bdi(label_names[place])} {explanation.probabilities[place]:.1%} "
        f'<span class="bar" style="width:{4 * explanation.probabilities[place]:.2f}rem"></span></li>'
        for place in likeliest
    )
    return f'<ul class="probabilities quiet">{bars}</ul>'
