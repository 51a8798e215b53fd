"""The word-piece tokenizer: the learned pieces, and splitting of words."""

import random

import pytest
import tensorflow as tf

from classifier.tokenizers import WordPieceTokenizer

TEXTS = ["low lower lowest", "new newer newest", "low new", "Über über!", "电影 电影"] * 3


def learned(texts=TEXTS, **arguments):
    tokenizer = WordPieceTokenizer(**arguments)
    tokenizer.learn(texts)
    return tokenizer


def pieces(tokenizer, text):
    return [tokenizer.vocabulary[index] for index in tokenizer(tf.constant([text])).values.numpy()]


@pytest.fixture(scope="module")
def tokenizer():
    return learned()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("low", ["low"]),
        ("Lower!", ["lower", "!"]),
        ("newlow", ["new", "##l", "##o", "##w"]),
        ("电影", ["电", "影"]),
        ("über", ["über"]),
        ("lowz", ["[UNK]"]),  # there is no z in the training texts: the whole word is unknown
        ("z low", ["[UNK]", "low"]),
        ("l" * 101, ["[UNK]"]),
        ("##w", ["[UNK]", "[UNK]", "w"]),  # a text cannot contain the name of a piece
    ],
)
def test_pieces(tokenizer, text, expected):
    assert pieces(tokenizer, text) == expected


def test_vocabulary_begins_with_padding_and_unknown(tokenizer):
    assert tokenizer.vocabulary[:2] == ["[PAD]", "[UNK]"]
    assert len(set(tokenizer.vocabulary)) == len(tokenizer.vocabulary)
    assert {"low", "new", "##est", "über", "!", "电", "##w"} <= set(tokenizer.vocabulary)
    assert not {"##!", "##电"} & set(tokenizer.vocabulary)  # never inside a word


def test_case_can_be_preserved():
    assert {"Über", "über"} <= set(learned(lower_case=False).vocabulary)


def test_vocabulary_is_the_same_every_time():
    letters = random.Random(0)
    words = ["".join(letters.choices("abcdefgh", k=letters.randint(1, 9))) for _ in range(2000)]
    texts = [" ".join(words[start : start + 20]) for start in range(0, 2000, 20)]
    first = learned(texts, vocabulary_size=500).vocabulary
    assert len(first) == 500
    for _ in range(3):
        letters.shuffle(texts)
        assert learned(texts, vocabulary_size=500).vocabulary == first


@pytest.mark.parametrize(("size", "expected"), [(3, 2), (4, 4), (5, 4), (11, 11), (20, 20), (30, 30), (99, 38)])
def test_vocabulary_size_is_kept_even_below_the_alphabet(size, expected):
    assert len(learned(vocabulary_size=size).vocabulary) == expected


def test_minimum_count():
    texts = ["aa aa aa b", "aa c"]
    assert learned(texts, min_frequency=1).vocabulary[2:] == ["a", "##a", "b", "c", "aa"]
    assert learned(texts, min_frequency=2).vocabulary[2:] == ["a", "##a", "aa"]
    assert learned(texts, min_frequency=9).vocabulary[2:] == []


def test_a_word_with_a_rare_letter_teaches_nothing():
    """The other letters are not adjacent: `op` must not be learned from `oxp`."""
    assert "op" not in learned(["oxp", "oyp", "ozp", "p o"] * 2, min_frequency=3).vocabulary


def test_load_is_as_good_as_learn(tokenizer):
    other = WordPieceTokenizer()
    other.load(list(tokenizer.vocabulary))
    assert pieces(other, "lowest newlow") == pieces(tokenizer, "lowest newlow")


def test_texts_without_a_word():
    tokenizer = learned(["", " "])
    assert tokenizer.vocabulary == ["[PAD]", "[UNK]"]
    assert tokenizer(tf.constant(["a", ""])).to_list() == [[1], []]
