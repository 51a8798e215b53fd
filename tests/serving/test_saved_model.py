"""Texts are put into batches of like length, of few different sizes."""

from hypothesis import given
from hypothesis import strategies as st

from classifier.serving.saved_model import BATCH_CHARACTERS, BATCH_ROWS, batches


@given(st.lists(st.integers(0, 3 * BATCH_CHARACTERS) | st.integers(0, 50), max_size=300))
def test_batches(lengths):
    found = list(batches(lengths))
    assert sorted(place for rows, _ in found for place in rows) == list(range(len(lengths)))
    assert [lengths[place] for rows, _ in found for place in rows] == sorted(lengths, reverse=True)
    for rows, size in found:
        assert len(rows) <= size <= BATCH_ROWS and size & (size - 1) == 0
        assert size == 1 or size * lengths[rows[0]] <= BATCH_CHARACTERS
