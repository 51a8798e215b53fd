"""Draws a text: its words on a colour scale, and the attention of its tokens as SVG pictures."""

import base64
import io
from collections.abc import Iterator, Sequence
from html import escape

import matplotlib.image
import numpy as np

from classifier.drawing.heat import level
from classifier.drawing.page import bdi, scrolling
from classifier.drawing.style import BLUE, shortened
from classifier.explanation.explanation import METHODS, Array, Explanation
from classifier.explanation.rollout import by_word, rollout
from classifier.explanation.spans import spans
from classifier.pretrained import SUFFIX

UNKNOWN = "[UNK]"
SIDE = 300  # width of an attention picture in pixels, within the limits of CELL
NAMED, LINE = 60, 11.5  # number of tokens up to which all are named, and the height of a name in pixels
CELL = (2.4, 20)  # minimum and maximum width of a token in pixels
LETTERS = 14  # maximum length of a token's name


def drawn_methods(explanation: Explanation) -> Iterator[tuple[str, Array, float]]:
    """Yields title, values of the words and limit of the scale; methods with the same unit share the scale."""
    groups = [
        {METHODS[name].title: explanation.scores[name] for name in names if name in explanation.scores}
        for names in (("integrated_gradients", "occlusion", "ngrams"), ("attention", "rollout"))
    ]
    words = len(explanation.words)
    groups.append({f"Pooling: {n}": by_word(w, explanation.places, words) for n, w in explanation.pooling.items()})
    for group in groups:
        limit = max((float(np.abs(values).max(initial=0)) for values in group.values()), default=0.0)
        for title, values in group.items():
            yield title, values, limit


def marked_text(explanation: Explanation, values: Array, limit: float) -> str:
    """Returns the text with its words on the colour scale, and their values as tooltips; `value_table` has them too."""
    read = set(explanation.places.tolist())
    unknown = {int(p) for p, token in zip(explanation.places, explanation.tokens, strict=True) if token == UNKNOWN}
    parts = []
    for piece, place in spans(explanation.text, explanation.words):
        if place is None:
            parts.append(escape(piece))
            continue
        kinds = [level(values[place], limit), "" if place in read else "unread", "unknown" if place in unknown else ""]
        classes = " ".join(kind for kind in kinds if kind)
        parts.append(f'<b class="{classes}" title="{values[place]:+.4f}">{escape(piece)}</b>')
    return f'<p class="text" dir="auto">{"".join(parts)}</p>'


def value_table(explanation: Explanation) -> str:
    """Returns a table with a row for each word and a column for each method."""
    titles, columns, limits = zip(*drawn_methods(explanation), strict=True)
    head = "".join(f'<th class="number">{title}</th>' for title in titles)
    rows = "".join(
        f'<tr><th scope="row" class="word">{bdi(word)}</th>'
        + "".join(
            f'<td class="number {level(values[place], limit)}">{values[place]:+.3f}</td>'
            for values, limit in zip(columns, limits, strict=True)
        )
        + "</tr>"
        for place, word in enumerate(explanation.written)
    )
    return scrolling(
        "Values of each word",
        f'<table><thead><tr><th class="word">word</th>{head}</tr></thead><tbody>{rows}</tbody></table>',
    )


def attention_maps(explanation: Explanation) -> str:
    """Returns pictures of each layer and head, and of the rollout; rows are queries, columns are keys."""
    if not explanation.attention or not explanation.tokens:
        return ""
    names = shown_tokens(explanation)
    pictures = [
        (f"layer {layer}, head {head}", weights)
        for layer, heads in enumerate(explanation.attention)
        for head, weights in enumerate(heads)
    ]
    pictures.append(("rollout of all layers", rollout(explanation.attention)))
    figures = "".join(token_map(title, weights, names) for title, weights in pictures)
    return f'<div class="maps">{figures}</div>'


def shown_tokens(explanation: Explanation) -> list[str]:
    """Returns the tokens as they are written in the text.

    Unknown tokens are shown as their word. The pieces of a word keep their spelling in the vocabulary if they are not
    as long together as the word in the text.
    """
    written, names = explanation.written, list(explanation.tokens)
    places = explanation.places.tolist()
    for place, word in enumerate(written):
        own = [number for number, of_word in enumerate(places) if of_word == place]
        lengths = [len(names[number].removeprefix(SUFFIX)) for number in own]
        if len(own) == 1 and (names[own[0]] == UNKNOWN or lengths[0] == len(word)):
            names[own[0]] = word
        elif sum(lengths) == len(word):
            ends = np.cumsum(lengths).tolist()
            for number, length, end in zip(own, lengths, ends, strict=True):
                mark = SUFFIX if names[number].startswith(SUFFIX) else ""
                names[number] = mark + word[end - length : end]
    return names


def token_map(title: str, weights: Array, names: Sequence[str]) -> str:
    """Returns weights (tokens, tokens) as SVG; if there are many tokens, only every n-th is named."""
    tokens = len(names)
    cell = float(np.clip(SIDE / tokens, LINE if tokens <= NAMED else CELL[0], CELL[1]))
    margin, side, step = 88, cell * tokens, int(np.ceil(LINE / cell))
    labels = []
    for place in range(0, tokens, step):
        middle, name = margin + (place + 0.5) * cell, escape(shortened(names[place], LETTERS))
        labels.append(f'<text x="{margin - 4}" y="{middle + 3:.1f}" text-anchor="end">{name}</text>')
        turned = f'transform="translate({middle + 3:.1f},{margin - 4}) rotate(-60)"'
        labels.append(f"<text {turned}>{name}</text>")
    whole = f"{margin + side + 40:.0f}"
    return (
        f'<figure><div class="scroll" role="region" aria-label="{escape(title)}" tabindex="0">'
        f'<svg width="{whole}" height="{margin + side:.0f}" role="img" aria-label="{escape(title)}">'
        f'<image x="{margin}" y="{margin}" width="{side:.1f}" height="{side:.1f}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{pixels(weights)}"/>{"".join(labels)}</svg></div>'
        f"<figcaption>{escape(title)}, strongest {weights.max():.2f}</figcaption></figure>"
    )


def pixels(weights: Array) -> str:
    """Returns the weights as a PNG in Base64, one pixel each, from white to blue at the maximum."""
    share = np.clip(weights / max(float(weights.max()), 1e-12), 0, 1)[..., None]
    blue = np.array([int(BLUE[place : place + 2], 16) for place in (1, 3, 5)])
    stream = io.BytesIO()
    matplotlib.image.imsave(stream, (255 + share * (blue - 255)).astype(np.uint8), format="png")
    return base64.b64encode(stream.getvalue()).decode()
