"""Words to hashed n-grams, inside the TensorFlow graph: all that a linear model sees of a text."""

from typing import NamedTuple

import tensorflow as tf

MULTIPLIER = 1_000_003  # of the polynomial hash; a prime
KEYS = 2**31 - 1  # hashes are below it; a prime
CHARACTERS = (3, 4, 5)  # lengths of the character n-grams


class Ngrams(NamedTuple):
    """Every occurrence of every n-gram in a batch of texts, in no particular order: int64 tensors of one length.

    rows: the text.
    keys: the n-gram, hashed.
    first: the word in which it begins; words are counted through the whole batch.
    last: the word in which it ends.
    """

    rows: tf.Tensor
    keys: tf.Tensor
    first: tf.Tensor
    last: tf.Tensor


def word_ngrams(words: tf.RaggedTensor) -> Ngrams:
    """Single words and pairs of neighbours: words (batch, words) -> their n-grams."""
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
    """3 to 5 characters of a word with a space before and after it: words (batch, words) -> their n-grams.

    `go on` has " go", "go ", " go ", " on", "on " and " on ".
    """
    texts = tf.strings.join([" ", tf.strings.reduce_join(words, separator=" ", axis=-1), " "])
    letters = tf.strings.unicode_decode(texts, "UTF-8")
    codes, rows = tf.cast(letters.flat_values, tf.int64), letters.value_rowids()
    letter = tf.not_equal(codes, ord(" "))
    spaces = tf.cumsum(tf.cast(tf.equal(codes, ord(" ")), tf.int64), exclusive=True)
    before = tf.gather(spaces, letters.row_starts()) - words.row_starts() + 1  # spaces that stand for no word
    places = spaces - tf.gather(before, rows)
    hashes, inside = codes, tf.ones_like(letter)
    found = []
    for length in range(2, max(CHARACTERS) + 1):
        # One character more: what was the end is now inside, where no space may be. So no n-gram crosses two words,
        # nor two texts, since each text begins and ends with a space.
        inside = inside[:-1] & letter[length - 2 : -1] if length > 2 else inside[:-1]
        hashes = hashes[:-1] * MULTIPLIER + codes[length - 1 :]
        if length in CHARACTERS:
            parts = (rows[: 1 - length], hashes + length, places[1 : 2 - length])  # the second character is a letter
            found.append([tf.boolean_mask(part, inside) for part in parts])
    rows, hashes, places = (tf.concat(parts, axis=0) for parts in zip(*found, strict=True))
    return Ngrams(rows, tf.math.floormod(hashes, KEYS), first=places, last=places)


KINDS = (word_ngrams, character_ngrams)
