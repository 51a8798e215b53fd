"""What is drawn for one text: its words on the colour scale, and the attention of its tokens as pictures in SVG."""

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

LEVELS = 12  # of each colour
DARKEST = 0.72  # opacity, at which dark letters can still be read
UNKNOWN = "[UNK]"
SIDE = 300  # pixels of a picture of attention, as far as its cells allow
NAMED, LINE = 60, 11.5  # so many tokens have all their names beside a picture, each on a line of so many pixels
CELL = (2.4, 20)  # pixels of a token, at least and at most
LETTERS = 14  # of a token beside a picture


def colour_rules() -> str:
    """CSS of the scale: f1 to f12 speak for the answer, a1 to a12 against it."""
    return "\n".join(
        f".{letter}{level} {{ background: rgba(var(--{name}), {DARKEST * level / LEVELS:.2f}); }}"
        for letter, name in (("f", "for"), ("a", "against"))
        for level in range(1, LEVELS + 1)
    )


def level(value: float, limit: float) -> str:
    """The CSS class of a value on a scale from -limit to limit; nothing where it is about zero.

    >>> level(0.5, 1.0), level(-2.0, 1.0), level(0.0, 0.0)
    ('f6', 'a12', '')
    """
    step = round(LEVELS * min(1.0, abs(value) / limit)) if limit > 0 else 0
    return f"{'f' if value > 0 else 'a'}{step}" if step else ""


def drawn_methods(explanation: Explanation) -> Iterator[tuple[str, Array, float]]:
    """Title, values of the words and limit of the scale, which those share that have the same unit."""
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
    """The text with its words on the colour scale; a word's value is its tooltip."""
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
    """A picture of each layer and head, and of the rollout: a row is the token that looks, at the columns."""
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
    """The tokens as they are read, those that the encoder does not know as the words that they stand for."""
    return [
        explanation.words[place] if token == UNKNOWN and place >= 0 else token
        for token, place in zip(explanation.tokens, explanation.places, strict=True)
    ]


def token_map(title: str, weights: Array, names: Sequence[str]) -> str:
    """Weights (tokens, tokens) as SVG; of many tokens every second, third ... is named, so that all can be read."""
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
    """The weights as a PNG in Base64, one pixel each, from white to blue at the largest."""
    share = np.clip(weights / max(float(weights.max()), 1e-12), 0, 1)[..., None]
    blue = np.array([int(BLUE[place : place + 2], 16) for place in (1, 3, 5)])
    stream = io.BytesIO()
    matplotlib.image.imsave(stream, (255 + share * (blue - 255)).astype(np.uint8), format="png")
    return base64.b64encode(stream.getvalue()).decode()
