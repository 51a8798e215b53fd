"""Normalizes texts: normal form C, without invisible characters, and with ASCII for full-width letters and digits.

This only uses core TensorFlow operations, so that it is part of the exported graph. Only texts that may change, which
a single regular expression finds, are decoded to code points.
"""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from classifier.tokenizers.unicode_tables import (
    CODE_POINTS,
    LEADING,
    LONGEST,
    SYLLABLE_COUNT,
    SYLLABLES,
    TRAILING,
    TRAILING_COUNT,
    VOWEL_COUNT,
    VOWELS,
    character_class,
    ranges,
    tables,
)

# Characters that are invisible and do not separate words: soft hyphen, combining grapheme joiner, Arabic letter mark,
# Mongolian vowel separator, zero-width space and joiner, direction marks, word joiner, invisible operators, byte-order
# mark. Not the zero-width non-joiner, which separates a Persian word from its suffixes.
INVISIBLE = (
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200B), (0x200D, 0x200F)),
    *((0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x206F), (0xFEFF, 0xFEFF)),
)
ZERO_WIDTH_SPACE = 0x200B  # separates words in Thai, Lao, Myanmar and Khmer, which are written without spaces
WITHOUT_SPACES = (
    (0xE00, 0xEFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x19E0, 0x19FF),
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
)
FULL_WIDTH = ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))  # digits and letters
TO_PLAIN = 0xFEE0  # distance of full-width characters from ASCII


class Characters(NamedTuple):
    """The code points of several texts, int32 (characters,), and the index of the text of each, int64 (characters,)."""

    codes: tf.Tensor
    rows: tf.Tensor


def normal_form(texts: tf.Tensor) -> tf.Tensor:
    """Converts valid UTF-8 strings (batch,) to normal form C (Unicode Annex 15) without invisible characters."""
    unusual = tf.strings.regex_full_match(texts, f"(?s).*(?:{pattern()}).*")
    return tf.cond(tf.reduce_any(unusual), lambda: normalized_where(unusual, texts), lambda: texts)


def pattern() -> str:
    """Returns a regular expression for text that normalization may change."""
    table = tables()
    changing = character_class([*INVISIBLE, *FULL_WIDTH, *ranges(table.unsettled)])
    marks = character_class(ranges(table.marks))
    return f"[{changing}]|[{marks}][{marks}]"  # the order of two adjacent marks may change


@tf.function(
    input_signature=[tf.TensorSpec([None], tf.bool), tf.TensorSpec([None], tf.string)],
    autograph=False,
    experimental_attributes={"_noinline": True},
)
def normalized_where(chosen: tf.Tensor, texts: tf.Tensor) -> tf.Tensor:
    """Normalizes the texts for which `chosen`, bool (batch,), is true.

    It is not inlined into the graphs that call it: few texts need it, and optimizing it takes longer than they do.
    """
    places = tf.where(chosen)
    codes = tf.strings.unicode_decode(tf.gather_nd(texts, places), "UTF-8")
    rows = tf.cast(codes.value_rowids(), tf.int64)
    found = plain(visible(Characters(codes.flat_values, rows)))
    table = tables()
    unsettled = tf.reduce_any(inside(found.codes, ranges({*table.unsettled.tolist(), *table.marks.tolist()})))
    found = tf.cond(unsettled, lambda: composed(ordered(decomposed(found))), lambda: found)
    codes_of_rows = tf.RaggedTensor.from_value_rowids  # pyright: ignore[reportAttributeAccessIssue]
    ragged = codes_of_rows(found.codes, found.rows, nrows=codes.nrows(), validate=False)
    return tf.tensor_scatter_nd_update(texts, places, tf.strings.unicode_encode(ragged, "UTF-8"))


def visible(found: Characters) -> Characters:
    """Removes invisible characters, except zero-width spaces that separate words."""
    near = tf.concat([[0], tf.cast(inside(found.codes, WITHOUT_SPACES), tf.int32), [0]], axis=0)
    separates = tf.equal(found.codes, ZERO_WIDTH_SPACE) & (near[:-2] + near[2:] > 0)
    keep = separates | tf.logical_not(inside(found.codes, INVISIBLE))
    return Characters(*(tf.boolean_mask(one, keep) for one in found))


def plain(found: Characters) -> Characters:
    """Replaces full-width letters and digits with ASCII."""
    wide = tf.cast(inside(found.codes, FULL_WIDTH), tf.int32)
    return Characters(found.codes - TO_PLAIN * wide, found.rows)


def inside(codes: tf.Tensor, parts: Sequence[tuple[int, int]]) -> tf.Tensor:
    """Whether each code point is in one of the ranges, which are sorted and include their ends."""
    borders = tf.constant([border for first, last in parts for border in (first, last + 1)])
    return tf.equal(tf.searchsorted(borders, codes, side="right") % 2, 1)


def looked_up(keys: tf.Tensor, wanted: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the indices of values in sorted keys, and whether they are found."""
    places = tf.minimum(tf.searchsorted(keys, wanted), tf.size(keys) - 1)
    return places, tf.equal(tf.gather(keys, places), wanted)


def decomposed(found: Characters) -> Characters:
    """Full canonical decomposition."""
    table = tables()
    places, known = looked_up(tf.constant(table.decomposed), found.codes)
    itself = tf.pad(found.codes[:, None], [[0, 0], [0, LONGEST - 1]], constant_values=-1)
    parts = tf.where(known[:, None], tf.gather(tf.constant(table.decompositions), places), itself)
    number = found.codes - SYLLABLES
    syllable = (number >= 0) & (number < SYLLABLE_COUNT)
    trailing = tf.math.floormod(number, TRAILING_COUNT)
    jamo = [
        LEADING + number // (VOWEL_COUNT * TRAILING_COUNT),
        VOWELS + tf.math.floormod(number // TRAILING_COUNT, VOWEL_COUNT),
        tf.where(trailing > 0, TRAILING + trailing, -1),
        tf.fill(tf.shape(number), -1),
    ]
    parts = tf.where(syllable[:, None], tf.stack(jamo, axis=1), parts)
    there = parts >= 0
    rows = tf.repeat(found.rows, tf.math.count_nonzero(there, axis=1))
    return Characters(tf.boolean_mask(parts, there), rows)


def combining_classes(codes: tf.Tensor) -> tf.Tensor:
    """Returns the canonical combining class of each code point, int64; 0 except for marks."""
    table = tables()
    places, known = looked_up(tf.constant(table.marks), codes)
    return tf.cast(tf.where(known, tf.gather(tf.constant(table.classes), places), 0), tf.int64)


def ordered(found: Characters) -> Characters:
    """Canonical ordering: stable sort of runs of marks by their classes."""
    classes = combining_classes(found.codes)
    begins = tf.equal(classes, 0) | tf.not_equal(tf.roll(found.rows, 1, 0), found.rows)
    order = tf.argsort(tf.cumsum(tf.cast(begins, tf.int64)) * 256 + classes, stable=True)
    return Characters(tf.gather(found.codes, order), tf.gather(found.rows, order))


def composed(found: Characters) -> Characters:
    """Canonical composition.

    In each round, every starter is composed with the first character after it with which it can be composed. The
    length of decompositions limits the number of rounds.
    """
    classes = combining_classes(found.codes)
    for _ in range(LONGEST - 1):
        found, classes = composed_once(found, classes)
    return found


def composed_once(found: Characters, classes: tf.Tensor) -> tuple[Characters, tf.Tensor]:
    """Runs a round of composition; returns the characters and their combining classes."""
    count, starts = tf.size(found.codes), tf.equal(classes, 0)
    places = tf.range(count)
    before = tf.cumsum(tf.cast(starts, tf.int32), exclusive=True)  # number of starters before each character
    base = tf.gather(tf.concat([[-1], tf.boolean_mask(places, starts)], axis=0), before)  # the last starter, or -1
    start = tf.maximum(base, 0)
    composite, composes = composites(tf.gather(found.codes, start), found.codes)
    same_text = (base >= 0) & tf.equal(tf.gather(found.rows, start), found.rows)
    blocked = tf.not_equal(base, places - 1) & (tf.roll(classes, 1, 0) >= classes)
    taken = composes & same_text & ~blocked
    earliest = tf.math.unsorted_segment_min(tf.where(taken, places, count), start, count)
    taken &= tf.equal(tf.gather(earliest, start), places)
    codes = tf.tensor_scatter_nd_update(
        found.codes, tf.boolean_mask(base, taken)[:, None], tf.boolean_mask(composite, taken)
    )
    left = tf.where(~taken)[:, 0]
    rest = Characters(tf.gather(codes, left), tf.gather(found.rows, left))
    return rest, tf.gather(classes, left)


def composites(first: tf.Tensor, second: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the composites of pairs of code points, and whether they can be composed."""
    table = tables()
    pairs = tf.cast(first, tf.int64) * CODE_POINTS + tf.cast(second, tf.int64)
    places, known = looked_up(tf.constant(table.pairs), pairs)
    composite = tf.gather(tf.constant(table.composites), places)
    leading, vowel = first - LEADING, second - VOWELS
    opens = (leading >= 0) & (leading < SYLLABLE_COUNT // (VOWEL_COUNT * TRAILING_COUNT))
    opens &= (vowel >= 0) & (vowel < VOWEL_COUNT)
    syllable, trailing = first - SYLLABLES, second - TRAILING
    closes = (syllable >= 0) & (syllable < SYLLABLE_COUNT) & tf.equal(tf.math.floormod(syllable, TRAILING_COUNT), 0)
    closes &= (trailing > 0) & (trailing < TRAILING_COUNT)
    composite = tf.where(opens, SYLLABLES + (leading * VOWEL_COUNT + vowel) * TRAILING_COUNT, composite)
    return tf.where(closes, first + trailing, composite), known | opens | closes
