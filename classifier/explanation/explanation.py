"""One text with all that is known about its answer, and the methods by which it is explained."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


LEAST = 1e-3  # logits: of a smaller difference, single precision does not tell the hundredth part


class Method(NamedTuple):
    """How an explanation is called and what it says.

    signed: whether its values are logits, for the answer or against it; else they are shares, none below zero.
    """

    title: str
    signed: bool
    told: str


METHODS = {
    "integrated_gradients": Method(
        "Integrated gradients",
        True,
        "what the word adds on the way from a text of unknown tokens to this one; the sum is the whole difference "
        "(Sundararajan et al. 2017)",
    ),
    "occlusion": Method("Occlusion", True, "what is lost where the word is left out"),
    "ngrams": Method("N-grams", True, "what the linear part gives to it, exactly: by itself, in pairs, by its letters"),
    "attention": Method("Attention", False, "how much the token is looked at: the mean over layers, heads and tokens"),
    "rollout": Method(
        "Attention rollout",
        False,
        "how much of the token reaches the pooling through all layers, half of each being its residual "
        "(Abnar and Zuidema 2020)",
    ),
    "pooling": Method("Pooling", False, "how much the token's state counts in the vector that is classified"),
}  # fmt: skip


@dataclass(slots=True)
class Explanation:
    """Why a text was answered as it was.

    Args:
        text: as it was given.
        words: as the classifier reads them: the units of every explanation.
        tokens: what the encoder sees: words or pieces of words, as many as it takes.
        places: the word of each token.
        probabilities: of each class.
        contrast: factor of each class's logit in what is explained; they sum to zero.
        difference: what is explained, above that of a text of unknown tokens.
        points: on the path of the integrated gradients.
        scores: of each method, one value for each word.
        attention: of each layer, (heads, tokens, tokens); a row is a query.
        pooling: by name, (tokens,).
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

    @property
    def predicted(self) -> int:
        return int(self.probabilities.argmax())

    @property
    def incompleteness(self) -> float:
        """By what share of the difference (of LEAST, if that is more) the integrated gradients do not sum to it."""
        missing = abs(float(self.scores["integrated_gradients"].sum()) - self.difference)
        return missing / max(abs(self.difference), LEAST)


def against_others(predicted: NDArray[np.integer], classes: int) -> Array:
    """(texts,) classes -> contrasts (texts, classes): the class above the mean of the others."""
    contrast = np.full((len(predicted), classes), -1 / max(1, classes - 1))
    contrast[np.arange(len(predicted)), predicted] = 1.0
    return contrast


def against(predicted: int, other: int, classes: int) -> Array:
    """(classes,): the one class above the other."""
    contrast = np.zeros(classes)
    contrast[predicted], contrast[other] = 1.0, -1.0
    return contrast


def contrasted(probabilities: Array, contrasts: Array) -> Array:
    """What is explained, (texts,), from probabilities and contrasts, both (texts, classes)."""
    return (np.log(np.maximum(probabilities.astype(np.float64), 1e-37)) * contrasts).sum(axis=-1)
