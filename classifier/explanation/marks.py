"""Draws a text: its words on a colour scale, and the attention of its tokens as SVG pictures."""

import base64
import io
from collections.abc import Iterator, Sequence
from html import escape

import matplotlib.image
import numpy as np

from classifier.drawing.style import BLUE, shortened
from classifier.explanation.explanation import METHODS, Array, Explanation
from classifier.explanation.rollout import by_word, rollout
from classifier.explanation.spans import spans

LEVELS = 12  # per colour
DARKEST = 0.72  # opacity at which dark letters are still readable
UNKNOWN = "[UNK]"
SIDE = 300  # width of an attention picture in pixels, within the limits of CELL
NAMED, LINE = 60, 11.5  # number of tokens up to which all are named, and the height of a name in pixels
CELL = (2.4, 20)  # minimum and maximum width of a token in pixels
LETTERS = 14  # maximum length of a token's name


def colour_rules() -> str:
    """Returns the CSS of the scale: f1 to f12 for the prediction, a1 to a12 against it."""
    return "\n".join(
        f".{letter}{level} {{ background: rgba(var(--{name}), {DARKEST * level / LEVELS:.2f}); }}"
        for letter, name in (("f", "for"), ("a", "against"))
        for level in range(1, LEVELS + 1)
    )


def level(value: float, limit: float) -> str:
    """Returns the CSS class of a value on a scale from -limit to limit; "" if the value is almost zero.

    >>> level(0.5, 1.0), level(-2.0, 1.0), level(0.0, 0.0)
    ('f6', 'a12', '')
    """
    step = round(LEVELS * min(1.0, abs(value) / limit)) if limit > 0 else 0
    return f"{'f' if value > 0 else 'a'}{step}" if step else ""


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
    """Returns the text with its words on the colour scale, and their values as tooltips."""
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
    return f'<p dir="auto">{"".join(parts)}</p>'


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
    """Returns the tokens, with unknown tokens replaced by the words of the text."""
    return [
        explanation.words[place] if token == UNKNOWN and place >= 0 else token
        for token, place in zip(explanation.tokens, explanation.places, strict=True)
    ]


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
        f'<figure><svg width="{whole}" height="{margin + side:.0f}" role="img" aria-label="{escape(title)}">'
        f'<image x="{margin}" y="{margin}" width="{side:.1f}" height="{side:.1f}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{pixels(weights)}"/>{"".join(labels)}</svg>'
        f"<figcaption>{escape(title)}, darkest {weights.max():.2f}</figcaption></figure>"
    )


def pixels(weights: Array) -> str:
    """Returns the weights as a PNG in Base64, one pixel each, from white to blue at the maximum."""
    share = np.clip(weights / max(float(weights.max()), 1e-12), 0, 1)[..., None]
    blue = np.array([int(BLUE[place : place + 2], 16) for place in (1, 3, 5)])
    stream = io.BytesIO()
    matplotlib.image.imsave(stream, (255 + share * (blue - 255)).astype(np.uint8), format="png")
    return base64.b64encode(stream.getvalue()).decode()
