"""The explanation of a text, and the methods of explanation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier.explanation.spans import spans

Array = NDArray[Any]


LEAST = 1e-3  # logits; single precision cannot represent a hundredth of a smaller difference


class Method(NamedTuple):
    """Title and description of a method.

    signed: whether the values are logits, which may be negative; otherwise they are nonnegative shares.
    """

    title: str
    signed: bool
    description: str


METHODS = {
    "integrated_gradients": Method(
        "Integrated gradients",
        True,
        "the contribution of the word on the path from a text of unknown tokens to this text; the sum is the total "
        "difference "
        "(Sundararajan et al. 2017)",
    ),
    "occlusion": Method("Occlusion", True, "the loss if the word is removed"),
    "ngrams": Method("N-grams", True, "the exact contribution of the word, its pairs and its characters"),
    "attention": Method("Attention", False, "the attention to the token: the mean over layers, heads and tokens"),
    "rollout": Method(
        "Attention rollout",
        False,
        "the share of the token that reaches the pooling through all layers, half of each being its residual "
        "(Abnar and Zuidema 2020)",
    ),
    "pooling": Method("Pooling", False, "the weight of the token's state in the vector that is classified"),
}  # fmt: skip


@dataclass(slots=True)
class Explanation:
    """The explanation of the logit of a class for a text.

    Args:
        text: the original text.
        words: the words that the classifier reads, which are the units of every explanation.
        tokens: the words or word pieces that the encoder receives, after truncation.
        places: index of the word of each token.
        probabilities: probability of each class.
        contrast: factor of the logit of each class in the explained value; the factors sum to zero, unless a text can
            have several labels.
        difference: explained value minus that of a text of unknown tokens.
        points: number of points on the path of the integrated gradients.
        scores: for each method, one value per word.
        attention: for each layer, attention of shape (heads, tokens, tokens); rows are queries.
        pooling: weights of shape (tokens,) by name.
        spaces: what is before each word; empty if that is one space before each.
    """

    text: str
    words: list[str]
    tokens: list[str]
    places: NDArray[np.int64]
    probabilities: Array
    contrast: Array
    difference: float = 0.0
    points: int = 0
    scores: dict[str, Array] = field(default_factory=dict)
    attention: list[Array] = field(default_factory=list)
    pooling: dict[str, Array] = field(default_factory=dict)
    spaces: list[str] = field(default_factory=list)

    @property
    def explained(self) -> int:
        """The class whose logit is explained: that of the positive factor in the contrast."""
        return int(self.contrast.argmax())

    @property
    def written(self) -> list[str]:
        """The words as they are written in the text; see `spans`."""
        found = {place: piece for piece, place in spans(self.text, self.words) if place is not None}
        return [found.get(place, word) for place, word in enumerate(self.words)]

    @property
    def incompleteness(self) -> float:
        """Error of the sum of the integrated gradients, as a share of the difference, or of LEAST if that is larger."""
        missing = abs(float(self.scores["integrated_gradients"].sum()) - self.difference)
        return missing / max(abs(self.difference), LEAST)


def joined(words: Sequence[str], spaces: Sequence[str], kept: Collection[int]) -> str:
    """Returns the text of the words with these indices.

    >>> joined(["it", "'s", "late"], ["", "", " "], [0, 2]), joined(["re", "-", "open"], ["", "", ""], [0, 2])
    ('it late', 're open')

    Args:
        words: all words of a text.
        spaces: what is before each; empty if that is one space before each.
        kept: indices of the words.
    """
    text, last = "", -1
    for place in sorted(kept):
        space = spaces[place] if spaces else " "
        if not space and last < place - 1 and text[-1:].isalnum() and words[place][:1].isalnum():
            space = " "  # so that two words do not become one
        text, last = f"{text}{space}{words[place]}" if text else words[place], place
    return text


def contrasts_of(explained: NDArray[np.integer], classes: int, several: bool) -> Array:
    """Returns the contrasts (texts, classes) that explain a class for each text.

    Of one label per text, the class is compared with the mean of the other classes; of several, its own logit is
    explained.

    Args:
        explained: number of the class of each text, (texts,).
        classes: number of classes.
        several: whether a text can have several labels.
    """
    others = 0.0 if several else -1 / max(1, classes - 1)
    contrast = np.full((len(explained), classes), others)
    contrast[np.arange(len(explained)), explained] = 1.0
    return contrast


def against(predicted: int, other: int, classes: int) -> Array:
    """Returns the contrast (classes,) of two classes."""
    contrast = np.zeros(classes)
    contrast[predicted], contrast[other] = 1.0, -1.0
    return contrast


def contrasted(probabilities: Array, contrasts: Array, several: bool = False) -> Array:
    """Returns the explained values (texts,) from probabilities and contrasts, both of shape (texts, classes).

    The logit of one of several labels of a text is that of a sigmoid.
    """
    probabilities = probabilities.astype(np.float64)
    logits = np.log(np.maximum(probabilities, 1e-37))
    if several:
        logits -= np.log(np.maximum(1 - probabilities, 1e-37))
    return (logits * contrasts).sum(axis=-1)
