"""The sentence about encoder and n-grams follows their answers."""

import json

import numpy as np
import pytest

from classifier.evaluation.contributions import contributions, verdict


def right(examples: slice) -> np.ndarray:
    """Whether each of 300 examples is right."""
    found = np.zeros(300, bool)
    found[examples] = True
    return found


def found(encoder: slice, ngrams: slice, together: slice):
    return contributions({"encoder": right(encoder), "ngrams": right(ngrams), "together": right(together)})


def test_the_encoder_adds_nothing():
    ngrams = found(slice(0, 90), slice(0, 240), slice(0, 241))
    sentence = verdict(ngrams, pretrained=False)
    assert "n-grams alone 0.800 [0.751, 0.841], encoder alone 0.300 [0.251, 0.354], together 0.803" in sentence
    assert "The n-grams carry the answer: the encoder adds nothing measurable" in sentence
    assert "encoder=minilm" in sentence and "minilm" not in verdict(ngrams, pretrained=True)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((slice(0, 240), slice(0, 90), slice(0, 240)), "The encoder carries the answer"),
        ((slice(0, 200), slice(100, 300), slice(0, 270)), "Both carry the answer"),
        ((slice(0, 240), slice(1, 241), slice(0, 241)), "Either part would do alone"),
    ],
)
def test_what_carries_the_answer(parts, said):
    assert said in verdict(found(*parts), pretrained=False)


def test_three_examples_show_nothing_and_the_summary_is_json():
    all_right = np.ones(3, bool)
    few = contributions({"encoder": all_right, "ngrams": np.array([False, True, False]), "together": all_right})
    assert few.accuracy["encoder"].interval.low < 0.5
    assert json.loads(json.dumps(few.summary()))["encoder"]["value"] == 1
