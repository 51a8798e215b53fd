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
NOTES = (
    "What is explained is the logit of the predicted class above the mean of the others (with two classes: the "
    "log-odds). Blue words speak for it, orange ones against it; stronger is more. "
    "Integrated gradients, occlusion and n-grams are in logits and have one scale in a text. Attention and pooling are "
    "shares and know no class. Dotted words are unknown to the encoder; those in italics it leaves out of a long text."
)


@dataclass(frozen=True, slots=True)
class DrawnText:
    """An explained text to draw, with its origin and, if known, its label."""

    explanation: Explanation
    origin: str = ""
    label: int | None = None


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
    """

    title: str
    label_names: Sequence[str]
    texts: Sequence[DrawnText]
    mistakes: Sequence[DrawnText] = ()
    faithfulness: Mapping[str, Mapping[str, Estimate]] | None = None
    measured_on: str = ""
    figure: bytes = b""
    words: Sequence[ClassWord] = field(default_factory=list)


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
        notes=NOTES,
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
    """Returns label and score, and the meaning of the colours for a mistake."""
    explanation = text.explanation
    predicted = bdi(label_names[explanation.predicted])
    answer = f"{predicted} {explanation.probabilities[explanation.predicted]:.1%}"
    origin = f" <small>{bdi(text.origin)}</small>" if text.origin else ""
    if text.label is None or text.label == explanation.predicted:
        return answer + origin
    true = bdi(label_names[text.label])
    between = explanation.contrast[text.label] == -1  # contrast of these two classes only
    colours = f" <small>blue speaks for {predicted}, orange for {true}</small>" if between else ""
    return f"{answer}, but it is {true}{origin}{colours}"


def probability_bars(explanation: Explanation, label_names: Sequence[str]) -> str:
    """Returns the most likely classes with their probabilities."""
    likeliest: list[int] = explanation.probabilities.argsort()[::-1][:CLASSES].tolist()
    bars = "".join(
        f"<li>{bdi(label_names[place])} {explanation.probabilities[place]:.1%} "
        f'<span class="bar" style="width:{4 * explanation.probabilities[place]:.2f}rem"></span></li>'
        for place in likeliest
    )
    return f'<ul class="probabilities quiet">{bars}</ul>'
