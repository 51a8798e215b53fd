"""Maps single characters of texts to strings in the graph, as the normalizers of SentencePiece do."""

import unicodedata
from collections.abc import Mapping
from functools import cache

import numpy as np
import tensorflow as tf

from classifier.tokenizers.normal_form import Characters, composed, decomposed, looked_up, ordered
from classifier.tokenizers.pieces import by_owner
from classifier.tokenizers.unicode_tables import CODE_POINTS, SYLLABLE_COUNT, SYLLABLES


class CharacterMap:
    """Replaces single characters by strings of any length.

    Args:
        strings: replacement of each code point that changes.
    """

    def __init__(self, strings: Mapping[int, str]) -> None:
        self.codes = np.array(sorted(strings), np.int32)
        longest = max((len(text) for text in strings.values()), default=1) or 1
        self.parts = np.full((len(strings), longest), -1, np.int32)
        for row, code in enumerate(self.codes.tolist()):
            self.parts[row, : len(strings[code])] = [ord(letter) for letter in strings[code]]

    def __call__(self, found: Characters) -> Characters:
        """Maps all characters."""
        if not len(self.codes):
            return found
        places, known = looked_up(tf.constant(self.codes), found.codes)
        itself = tf.pad(found.codes[:, None], [[0, 0], [0, self.parts.shape[1] - 1]], constant_values=-1)
        parts = tf.where(known[:, None], tf.gather(tf.constant(self.parts), places), itself)
        there = parts >= 0
        rows = tf.repeat(found.rows, tf.math.count_nonzero(there, axis=1))
        return Characters(tf.boolean_mask(parts, there), rows)


@cache
def compatibility_map() -> CharacterMap:
    """Returns the compatibility decompositions that no canonical decomposition covers."""
    hangul = range(SYLLABLES, SYLLABLES + SYLLABLE_COUNT)
    pairs = ((code, unicodedata.normalize("NFKD", chr(code))) for code in range(CODE_POINTS) if code not in hangul)
    return CharacterMap({code: text for code, text in pairs if text != chr(code)})


def compatibility_decomposed(found: Characters) -> Characters:
    """Normal form KD (Unicode Annex 15)."""
    return ordered(decomposed(compatibility_map()(found)))


def canonical(found: Characters) -> Characters:
    """Normal form C (Unicode Annex 15)."""
    return composed(ordered(decomposed(found)))


def decoded(texts: tf.Tensor) -> Characters:
    """Returns the code points of strings (batch,)."""
    codes = tf.strings.unicode_decode(texts, "UTF-8")
    return Characters(codes.flat_values, tf.cast(codes.value_rowids(), tf.int64))


def encoded(found: Characters, count: tf.Tensor) -> tf.Tensor:
    """Returns strings (count,) of code points."""
    return tf.strings.unicode_encode(by_owner(found.codes, found.rows, count), "UTF-8")
