"""Texts are divided into batches of similar length with few different sizes, and equal texts are computed once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.model.batching import BATCH_ROWS, BATCH_TOKENS, batches, classify_texts, token_counts
from classifier.tokenizers import WordTokenizer

TOKENIZER = WordTokenizer()


@settings(deadline=None)
@given(st.lists(st.integers(0, 3 * BATCH_TOKENS) | st.integers(0, 50), max_size=300))
def test_batches(lengths):
    found = list(batches(lengths))
    assert sorted(place for rows, _ in found for place in rows) == list(range(len(lengths)))
    assert [lengths[place] for rows, _ in found for place in rows] == sorted(lengths, reverse=True)
    for rows, size in found:
        assert len(rows) <= size <= BATCH_ROWS and size & (size - 1) == 0
        assert size == 1 or size * lengths[rows[0]] <= BATCH_TOKENS


@settings(deadline=None)
@given(st.lists(st.text(st.characters(max_codepoint=127, exclude_characters="\0"), max_size=60), max_size=9))
def test_tokens_of_ascii_are_counted_as_the_tokenizer_splits(texts):
    encoded = [text.encode() for text in texts]
    words = TOKENIZER.words(tf.constant(encoded, tf.string)).row_lengths().numpy()
    expected = np.maximum(words, [len(text) // 16 for text in encoded])
    np.testing.assert_array_equal(token_counts(encoded), expected)


@pytest.mark.parametrize(
    ("text", "count"), [("退货太慢了", 5), ("Größe für Élise", 3), ("мне нравится…", 3), ("a" * 99, 6)]
)
def test_other_scripts_are_counted_nearly(text, count):
    assert token_counts([text.encode(), b"x"]).tolist() == [count, 1]


def test_equal_texts_are_computed_once():
    seen = []

    def classify(batch):
        seen.extend(batch.numpy().tolist())
        return tf.strings.length(batch)[:, None]

    texts = ["aa", "b", "aa", "", "b", "aa", "\ud800"]
    with ThreadPoolExecutor(2) as threads:
        found = classify_texts(classify, texts, 1, threads)
    assert found[:, 0].tolist() == [2, 1, 2, 0, 1, 2, 1]
    assert sorted(text for text in seen if text) == [b"?", b"aa", b"b"]
