"""Encoded texts, and the order of batches."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies
from hypothesis.extra import numpy as arrays

from classifier.tokenizers import WordTokenizer
from classifier.training.batches import EncodedTexts, batches_in_order, encode, epoch_batches

ROWS = strategies.lists(strategies.lists(strategies.integers(1, 99), max_size=9), min_size=1, max_size=9)
LENGTHS = arrays.arrays(np.int64, strategies.integers(0, 500), elements=strategies.integers(0, 99))
SEEDS = strategies.integers(0, 2**32)


def encoded(rows):
    flat = np.array([token for row in rows for token in row], np.int32)
    return EncodedTexts(flat, np.cumsum([0, *map(len, rows)]))


@given(rows=ROWS, data=strategies.data())
@settings(deadline=None)
def test_padded(rows, data):
    chosen = data.draw(strategies.lists(strategies.integers(0, len(rows) - 1), max_size=9))
    width = max([1, *(len(rows[index]) for index in chosen)])
    batch = encoded(rows).padded(np.array(chosen, np.int64))
    assert batch.dtype == np.int32 and batch.shape == (len(chosen), width)
    assert batch.tolist() == [rows[index] + [0] * (width - len(rows[index])) for index in chosen]


def test_lengths():
    texts = encoded([[5], [], [7, 8]])
    assert len(texts) == 3
    assert texts.lengths.tolist() == [1, 0, 2]


@pytest.fixture(scope="module")
def tokenizer():
    tokenizer = WordTokenizer(max_tokens=3)
    tokenizer.learn(["a b c d"])
    return tokenizer


def test_encode(tokenizer):
    texts, share_cut = encode(tokenizer, ["a b", "", "d c b a", "new"])
    assert texts.padded(np.arange(4)).tolist() == [[2, 3, 0], [0, 0, 0], [5, 4, 3], [1, 0, 0]]
    assert (texts.tokens.dtype, texts.starts.dtype, share_cut) == (np.int32, np.int64, 0.25)


def test_encode_more_than_one_portion(tokenizer):
    texts, share_cut = encode(tokenizer, ["a", "b c", "a b c d"] * 700)
    assert texts.lengths.tolist() == [1, 2, 3] * 700
    assert share_cut == pytest.approx(1 / 3)


def test_encode_nothing(tokenizer):
    texts, share_cut = encode(tokenizer, [])
    assert (len(texts), share_cut) == (0, 0)
    assert texts.padded(np.arange(0)).shape == (0, 1)


@given(lengths=LENGTHS, batch_size=strategies.integers(1, 64), seed=SEEDS, epoch=strategies.integers(0, 99))
@settings(deadline=None)
def test_every_text_once(lengths, batch_size, seed, epoch):
    batches = epoch_batches(lengths, batch_size, seed, epoch)
    assert sorted(np.concatenate([[], *batches])) == list(range(len(lengths)))
    assert sorted(map(len, batches)) == sorted(map(len, batches_in_order(np.arange(len(lengths)), batch_size)))
    again = epoch_batches(lengths, batch_size, seed, epoch)
    assert [batch.tolist() for batch in again] == [batch.tolist() for batch in batches]


@given(lengths=arrays.arrays(np.int64, 64, elements=strategies.integers(0, 99)), seed=SEEDS)
@settings(deadline=None, max_examples=30)
def test_each_epoch_and_each_seed_has_its_own_order(lengths, seed):
    orders = [epoch_batches(lengths, 4, *key) for key in ((seed, 0), (seed, 1), (seed + 1, 0))]
    assert len({str([batch.tolist() for batch in order]) for order in orders}) == 3


def test_batches_are_alike_in_length_yet_not_sorted():
    lengths = np.random.default_rng(0).geometric(0.02, 5000)
    batches = epoch_batches(lengths, 32, seed=0, epoch=0)
    unsorted = np.split(np.random.default_rng(1).permutation(5000), range(32, 5000, 32))
    assert padding(lengths, batches) < 0.1 < 0.6 < padding(lengths, unsorted)
    means = [lengths[batch].mean() for batch in batches]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.25


def padding(lengths, batches):
    """Returns the share of padding in the padded batches."""
    return 1 - lengths.sum() / sum(len(batch) * lengths[batch].max() for batch in batches)
