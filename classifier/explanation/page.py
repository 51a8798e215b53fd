"""A self-contained HTML page: faithfulness of the methods, words of each class, explained texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from markupsafe import Markup

from classifier.drawing.page import render
from classifier.explanation.classes import ClassWord
from classifier.explanation.explanation import METHODS, Explanation
from classifier.explanation.faithfulness import Estimate
from classifier.explanation.integration import TOLERANCE
from classifier.explanation.marks import attention_maps, colour_rules, drawn_methods, marked_text
from classifier.explanation.tables import class_tables, faithfulness_rows

CLASSES = 6  # maximum number of probabilities that are shown
FOLDED = 40  # number of tokens above which the attention pictures are collapsed
NOTES = (
    "What is explained is the logit of the predicted class above the mean of the others (with two classes: the "
    "log-odds). Blue words speak for it, orange ones against it; darker is more, and the value is under the pointer. "
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
        figure: picture of the curves as a data URL.
        words: the most important words by class.
    """

    title: str
    label_names: Sequence[str]
    texts: Sequence[DrawnText]
    mistakes: Sequence[DrawnText] = ()
    faithfulness: Mapping[str, Mapping[str, Estimate]] | None = None
    measured_on: str = ""
    figure: str = ""
    words: Sequence[ClassWord] = field(default_factory=list)


def page_html(page: Page) -> str:
    """Returns the HTML document."""
    sections: list[tuple[str, list[str]]] = []
    if page.faithfulness:
        picture = f'<p><img alt="Deletion and insertion curves" src="{page.figure}"></p>'
        parts = [faithfulness_rows(page.faithfulness, page.measured_on), picture]
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
        style=Markup(Path(__file__).with_name("page.css").read_text() + colour_rules()),
        notes=NOTES,
        legend=Markup(legend()),
        sections=[(heading, [Markup(part) for part in parts]) for heading, parts in sections],
    )


def legend() -> str:
    """Returns the colour scale and the descriptions of the methods."""
    levels = [f"a{level}" for level in (12, 9, 6, 3)] + [""] + [f"f{level}" for level in (3, 6, 9, 12)]
    scale = "".join(f'<b class="{level}">&emsp;&emsp;</b>' for level in levels)
    methods = "".join(f"<dt>{method.title}</dt><dd>{method.description}</dd>" for method in METHODS.values())
    return (
        f'<p class="legend">against the answer {scale} for the answer</p>'
        f"<details><summary>What each method says</summary><dl>{methods}</dl></details>"
    )


def text_section(text: DrawnText, label_names: Sequence[str]) -> str:
    """Returns the section of a text: its prediction, its words by each method, and the attention of its tokens."""
    explanation = text.explanation
    parts = [f"<article><h3>{headline(text, label_names)}</h3>", probability_bars(explanation, label_names)]
    if not explanation.words:
        parts.append(f'<p dir="auto">{escape(explanation.text)}</p>')
        parts.append("<p>The classifier reads no word in this text.</p></article>")
        return "".join(parts)
    for title, values, limit in drawn_methods(explanation):
        scale = f" <small>darkest {limit:.2g}</small>"
        parts.append(f'<div class="method"><div>{title}{scale}</div>{marked_text(explanation, values, limit)}</div>')
    if explanation.incompleteness > TOLERANCE:
        found = explanation.scores["integrated_gradients"].sum()
        parts.append(
            f"<p>Integrated gradients sum to {found:+.3f}, but the difference is {explanation.difference:+.3f}, "
            f"after {explanation.points} points on the path.</p>"
        )
    maps = attention_maps(explanation)
    if maps:
        unfolded = " open" if len(explanation.tokens) <= FOLDED else ""
        summary = "Attention of each layer and head: each row is a token that attends to the columns"
        parts.append(f"<details{unfolded}><summary>{summary}</summary>{maps}</details>")
    return "".join([*parts, "</article>"])


def headline(text: DrawnText, label_names: Sequence[str]) -> str:
    """Returns label and score, and the meaning of the colours for a mistake."""
    explanation = text.explanation
    answer = f"{escape(label_names[explanation.predicted])} {explanation.probabilities[explanation.predicted]:.1%}"
    origin = f" <small>{escape(text.origin)}</small>" if text.origin else ""
    if text.label is None or text.label == explanation.predicted:
        return answer + origin
    true, predicted = escape(label_names[text.label]), escape(label_names[explanation.predicted])
    between = explanation.contrast[text.label] == -1  # contrast of these two classes only
    colours = f" <small>blue speaks for {predicted}, orange for {true}</small>" if between else ""
    return f"{answer}, but it is {true}{origin}{colours}"


def probability_bars(explanation: Explanation, label_names: Sequence[str]) -> str:
    """Returns the most likely classes with their probabilities."""
    likeliest: list[int] = explanation.probabilities.argsort()[::-1][:CLASSES].tolist()
    bars = "".join(
        f'<span dir="auto">{escape(label_names[place])}</span> {explanation.probabilities[place]:.1%} '
        f'<span class="bar" style="width:{4 * explanation.probabilities[place]:.2f}rem"></span> &emsp;'
        for place in likeliest
    )
    return f'<p class="quiet">{bars}</p>'
