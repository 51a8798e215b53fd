"""The word tokenizer: splitting into words, and the learned vocabulary."""

import pytest
import tensorflow as tf

from classifier.tokenizers import WordTokenizer


def words(text, **arguments):
    tokenizer = WordTokenizer(**arguments)
    return [word.decode() for word in tokenizer.words(tf.constant([text])).values.numpy()]


def learned(texts, **arguments):
    tokenizer = WordTokenizer(**arguments)
    tokenizer.learn(texts)
    return tokenizer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("The film", ["the", "film"]),
        ("don't stop.", ["don", "'", "t", "stop", "."]),
        ("a--b...", ["a", "-", "-", "b", ".", ".", "."]),
        ("3.5€ + 1%", ["3", ".", "5", "€", "+", "1", "%"]),
        ("ÄÖÜ STRASSE Ж", ["äöü", "strasse", "ж"]),
        ("我爱NY电影", ["我", "爱", "ny", "电", "影"]),
        ("東京タワーへ", ["東", "京", "タ", "ワ", "ー", "へ"]),
        ("한국어 영화", ["한국어", "영화"]),
        ("good👍🏽film", ["good", "👍", "🏽", "film"]),
        ("👩‍🚀", ["👩", "🚀"]),
        ("❤️", ["❤"]),
        ("\u200fשלום\u200f", ["שלום"]),
        ("a\u00a0b\u3000c\u2003d", ["a", "b", "c", "d"]),
        ("a\0b\tc\x7fd\u0085e", ["a", "b", "c", "d", "e"]),
        ("\ufeffstart", ["start"]),
        (b"caf\xe9 ol\xe9", ["caf", "ol"]),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_case_can_be_preserved():
    assert words("The ÄPFEL", lower_case=False) == ["The", "ÄPFEL"]
    assert learned(["The the"], lower_case=False).vocabulary[2:] == ["The", "the"]


def test_vocabulary_goes_by_count_then_alphabet():
    texts = ["b a c", "b a", "d b", "é"]
    assert learned(texts).vocabulary == ["[PAD]", "[UNK]", "b", "a", "c", "d", "é"]
    assert learned(texts[::-1]).vocabulary == learned(texts).vocabulary


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"min_frequency": 2}, ["b", "a"]),
        ({"min_frequency": 3}, ["b"]),
        ({"vocabulary_size": 4}, ["b", "a"]),
        ({"min_frequency": 9}, []),
    ],
)
def test_vocabulary_is_limited(arguments, expected):
    assert learned(["b a c", "b a", "d b"], **arguments).vocabulary[2:] == expected


def test_ids():
    tokenizer = learned(["b a", "b"])
    assert tokenizer(tf.constant(["a b", "b new a", "", "[PAD]"])).to_list() == [[3, 2], [2, 1, 3], [], [1, 1, 1]]
    assert tokenizer.padded(tokenizer.words(tf.constant(["", ""]))).numpy().tolist() == [[0] * 8] * 2


def test_load_is_as_good_as_learn():
    tokenizer, other = learned(["b a", "b"]), WordTokenizer()
    other.load(tokenizer.vocabulary)
    assert other(tf.constant(["a b c"])).to_list() == tokenizer(tf.constant(["a b c"])).to_list()


def test_texts_without_a_word():
    tokenizer = learned(["", " "])
    assert tokenizer.vocabulary == ["[PAD]", "[UNK]"]
    assert tokenizer(tf.constant(["a", ""])).to_list() == [[1], []]
