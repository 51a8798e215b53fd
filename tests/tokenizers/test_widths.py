"""Batches have few different widths, so that TensorFlow compiles few shapes; no token is added or lost."""

from itertools import pairwise

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from classifier.tokenizers import WordTokenizer
from classifier.tokenizers.base import batch_widths


@given(st.integers(1, 5000))
def test_widths(max_tokens):
    widths = batch_widths(max_tokens)
    assert widths[-1] == max_tokens and list(widths) == sorted(set(widths))
    assert all(width % 8 == 0 for width in widths[:-1] if width > 32)
    for width, following in pairwise(widths):
        assert following - width <= (max(1, width / 4) if width < 64 else width / 8)


def test_few_are_enough():
    assert len(batch_widths(256)) < 40


@pytest.mark.parametrize(
    ("lengths", "width"), [([], 8), ([0], 8), ([3, 0], 8), ([9], 9), ([17, 2], 18), ([33], 40), ([41], 43), ([60], 43)]
)
def test_padded(lengths, width):
    tokenizer = WordTokenizer(max_tokens=43)
    tokenizer.learn(["a"])
    texts = tf.constant(["a " * length for length in lengths], tf.string)
    ids = tokenizer.padded(tokenizer.words(texts)).numpy()
    assert ids.shape == (len(lengths), width) and ids.dtype == np.int32
    assert (ids != 0).sum(axis=1).tolist() == [min(length, 43) for length in lengths]
