"""The n-grams of a text and their keys in plain Python, slowly and without any cleverness."""

import itertools

import tensorflow as tf

from classifier.model.ngram_features import CHARACTERS, KEYS, MULTIPLIER


def word_ngrams(words: list[str]) -> list[tuple[str, ...]]:
    """Single words and pairs of neighbours."""
    return [(word,) for word in words] + list(itertools.pairwise(words))


def character_ngrams(words: list[str]) -> list[str]:
    """Every 3, 4 and 5 characters of each word with a space before and after it."""
    spaced = [f" {word} " for word in words]
    return [
        word[start : start + length]
        for word in spaced
        for length in CHARACTERS
        for start in range(len(word) - length + 1)
    ]


def key(ngram: tuple[str, ...] | str) -> int:
    """Its key: a polynomial in 64 bits, over the hashes of the words or the code points of the characters."""
    if isinstance(ngram, str):
        parts, length = [ord(letter) for letter in ngram], len(ngram)
    else:
        parts, length = tf.strings.to_hash_bucket_fast(list(ngram), KEYS).numpy().tolist(), 0
    total = 0
    for part in parts:
        total = total * MULTIPLIER + part
    total = (total + length) % 2**64
    return (total - 2**64 if total >= 2**63 else total) % KEYS
