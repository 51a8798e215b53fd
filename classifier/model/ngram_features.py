"""Converts words to hashed n-grams, the features of the linear model, inside the TensorFlow graph."""

from typing import NamedTuple

import tensorflow as tf

MULTIPLIER = 1_000_003  # of the polynomial hash; a prime
KEYS = 2**31 - 1  # upper bound of hashes; a prime
CHARACTERS = (3, 4, 5)  # lengths of the character n-grams


class Ngrams(NamedTuple):
    """All occurrences of n-grams in a batch of texts, in arbitrary order: int64 tensors of equal length.

    rows: index of the text.
    keys: hash of the n-gram.
    first: index of the first word of the n-gram, counted over the whole batch.
    last: index of the last word of the n-gram.
    """

    rows: tf.Tensor
    keys: tf.Tensor
    first: tf.Tensor
    last: tf.Tensor


def word_ngrams(words: tf.RaggedTensor) -> Ngrams:
    """Returns single words and pairs of adjacent words, from words (batch, words)."""
    single = tf.strings.to_hash_bucket_fast(words.flat_values, KEYS)
    rows = words.value_rowids()
    inside = tf.equal(rows[:-1], rows[1:])
    pairs = tf.boolean_mask(single[:-1] * MULTIPLIER + single[1:], inside)
    places = tf.range(tf.size(single, out_type=tf.int64))
    return Ngrams(
        tf.concat([rows, tf.boolean_mask(rows[1:], inside)], axis=0),
        tf.math.floormod(tf.concat([single, pairs], axis=0), KEYS),
        first=tf.concat([places, tf.boolean_mask(places[:-1], inside)], axis=0),
        last=tf.concat([places, tf.boolean_mask(places[1:], inside)], axis=0),
    )


def character_ngrams(words: tf.RaggedTensor) -> Ngrams:
    """Returns 3 to 5 characters of a word with a space before and after it, from words (batch, words).

    `go on` has " go", "go ", " go ", " on", "on " and " on ".
    """
    texts = tf.strings.join([" ", tf.strings.reduce_join(words, separator=" ", axis=-1), " "])
    letters = tf.strings.unicode_decode(texts, "UTF-8")
    codes, rows = tf.cast(letters.flat_values, tf.int64), letters.value_rowids()
    letter = tf.not_equal(codes, ord(" "))
    spaces = tf.cumsum(tf.cast(tf.equal(codes, ord(" ")), tf.int64), exclusive=True)
    before = (
        tf.gather(spaces, letters.row_starts()) - words.row_starts() + 1
    )  # spaces that do not precede a word of this text
    places = spaces - tf.gather(before, rows)
    hashes, inside = codes, tf.ones_like(letter)
    found = []
    for length in range(2, max(CHARACTERS) + 1):
        # One more character: the former last character is now inside, where spaces are not allowed. Therefore, n-grams
        # span neither two words nor two texts, because each text starts and ends with a space.
        inside = inside[:-1] & letter[length - 2 : -1] if length > 2 else inside[:-1]
        hashes = hashes[:-1] * MULTIPLIER + codes[length - 1 :]
        if length in CHARACTERS:
            parts = (rows[: 1 - length], hashes + length, places[1 : 2 - length])  # the second character is a letter
            found.append([tf.boolean_mask(part, inside) for part in parts])
    rows, hashes, places = (tf.concat(parts, axis=0) for parts in zip(*found, strict=True))
    return Ngrams(rows, tf.math.floormod(hashes, KEYS), first=places, last=places)


KINDS = (word_ngrams, character_ngrams)
