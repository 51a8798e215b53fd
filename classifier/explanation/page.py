"""One HTML page that needs nothing else: which explanation to believe, the words of each class, texts explained."""

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

CLASSES = 6  # whose probabilities are shown
FOLDED = 40  # tokens above which the pictures of attention are folded
NOTES = (
    "What is explained is the logit of the predicted class above the mean of the others (with two classes: the "
    "log-odds). Blue words speak for it, orange ones against it; darker is more, and the value is under the pointer. "
    "Integrated gradients, occlusion and n-grams are in logits and have one scale in a text. Attention and pooling are "
    "shares and know no class. Dotted words are unknown to the encoder; those in italics it leaves out of a long text."
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A text that is drawn: its explanation, where it stands and, where it is known, its label."""

    explanation: Explanation
    origin: str = ""
    label: int | None = None


@dataclass(slots=True)
class Page:
    """What stands on the page.

    Args:
        title: of the page.
        label_names: by class.
        texts: explained one by one.
        mistakes: the most confident ones, explained.
        faithfulness: of each method its estimates; None: not measured.
        measured_on: how many texts that was, and of what.
        figure: the curves, as an address that holds them.
        words: those that count most, by class.
    """

    title: str
    label_names: Sequence[str]
    texts: Sequence[Shown]
    mistakes: Sequence[Shown] = ()
    faithfulness: Mapping[str, Mapping[str, Estimate]] | None = None
    measured_on: str = ""
    figure: str = ""
    words: Sequence[ClassWord] = field(default_factory=list)


def page_html(page: Page) -> str:
    """The whole document."""
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
            sections.append((heading, [text_section(one, page.label_names) for one in texts]))
    return render(
        Path(__file__).with_name("explanation.html"),
        title=page.title,
        style=Markup(Path(__file__).with_name("page.css").read_text() + colour_rules()),
        notes=NOTES,
        legend=Markup(legend()),
        sections=[(heading, [Markup(part) for part in parts]) for heading, parts in sections],
    )


def legend() -> str:
    """The colour scale and the methods."""
    levels = [f"a{level}" for level in (12, 9, 6, 3)] + [""] + [f"f{level}" for level in (3, 6, 9, 12)]
    scale = "".join(f'<b class="{level}">&emsp;&emsp;</b>' for level in levels)
    methods = "".join(f"<dt>{method.title}</dt><dd>{method.told}</dd>" for method in METHODS.values())
    return (
        f'<p class="legend">against the answer {scale} for the answer</p>'
        f"<details><summary>What each method says</summary><dl>{methods}</dl></details>"
    )


def text_section(shown: Shown, label_names: Sequence[str]) -> str:
    """One text: what was answered, every method on the text itself, the attention of its tokens."""
    one = shown.explanation
    parts = [f"<article><h3>{headline(shown, label_names)}</h3>", probability_bars(one, label_names)]
    if not one.words:
        parts.append(f'<p dir="auto">{escape(one.text)}</p><p>The classifier reads no word in this text.</p></article>')
        return "".join(parts)
    for title, values, limit in drawn_methods(one):
        scale = f" <small>darkest {limit:.2g}</small>"
        parts.append(f'<div class="method"><div>{title}{scale}</div>{marked_text(one, values, limit)}</div>')
    if one.incompleteness > TOLERANCE:
        found = one.scores["integrated_gradients"].sum()
        parts.append(
            f"<p>Integrated gradients sum to {found:+.3f}, where the difference is {one.difference:+.3f}, "
            f"after {one.points} points on the path.</p>"
        )
    maps = attention_maps(one)
    if maps:
        unfolded = " open" if len(one.tokens) <= FOLDED else ""
        told = "Attention of each layer and head: each row is a token, and looks at the columns"
        parts.append(f"<details{unfolded}><summary>{told}</summary>{maps}</details>")
    return "".join([*parts, "</article>"])


def headline(shown: Shown, label_names: Sequence[str]) -> str:
    """Label, score, and what blue and orange mean here."""
    one = shown.explanation
    answer = f"{escape(label_names[one.predicted])} {one.probabilities[one.predicted]:.1%}"
    origin = f" <small>{escape(shown.origin)}</small>" if shown.origin else ""
    if shown.label is None or shown.label == one.predicted:
        return answer + origin
    true, predicted = escape(label_names[shown.label]), escape(label_names[one.predicted])
    between = one.contrast[shown.label] == -1  # these two, and not one and all the others
    told = f" <small>blue speaks for {predicted}, orange for {true}</small>" if between else ""
    return f"{answer}, but it is {true}{origin}{told}"


def probability_bars(explanation: Explanation, label_names: Sequence[str]) -> str:
    """The likeliest classes with their probabilities."""
    likeliest: list[int] = explanation.probabilities.argsort()[::-1][:CLASSES].tolist()
    bars = "".join(
        f'<span dir="auto">{escape(label_names[place])}</span> {explanation.probabilities[place]:.1%} '
        f'<span class="bar" style="width:{4 * explanation.probabilities[place]:.2f}rem"></span> &emsp;'
        for place in likeliest
    )
    return f'<p class="quiet">{bars}</p>'
