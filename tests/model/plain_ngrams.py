"""A simple and slow implementation of n-grams and their keys in Python."""

import itertools

import tensorflow as tf

from classifier.model.ngram_features import CHARACTERS, KEYS, MULTIPLIER


def word_ngrams(words: list[str]) -> list[tuple[str, ...]]:
    """Returns single words and pairs of adjacent words."""
    return [(word,) for word in words] + list(itertools.pairwise(words))


def character_ngrams(words: list[str]) -> list[str]:
    """Returns 3, 4 and 5 characters of each word with a space before and after it."""
    spaced = [f" {word} " for word in words]
    return [
        word[start : start + length]
        for word in spaced
        for length in CHARACTERS
        for start in range(len(word) - length + 1)
    ]


def key(ngram: tuple[str, ...] | str) -> int:
    """Returns the key: a 64-bit polynomial of the hashes of the words or of the code points of the characters."""
    if isinstance(ngram, str):
        parts, length = [ord(letter) for letter in ngram], len(ngram)
    else:
        parts, length = tf.strings.to_hash_bucket_fast(list(ngram), KEYS).numpy().tolist(), 0
    total = 0
    for part in parts:
        total = total * MULTIPLIER + part
    total = (total + length) % 2**64
    return (total - 2**64 if total >= 2**63 else total) % KEYS
