"""Unicode's canonical decompositions, combining classes and compositions as arrays, from Python's `unicodedata`."""

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np

CODE_POINTS = 0x110000
LONGEST = 4  # maximum number of code points in a canonical decomposition
# First code points and counts of the parts of Hangul syllables, which are composed by arithmetic
# (The Unicode Standard, section 3.12).
SYLLABLES, LEADING, VOWELS, TRAILING = 0xAC00, 0x1100, 0x1161, 0x11A7
VOWEL_COUNT, TRAILING_COUNT = 21, 28
SYLLABLE_COUNT = 19 * VOWEL_COUNT * TRAILING_COUNT


class Tables(NamedTuple):
    """Sorted keys and their values; Hangul syllables are not included.

    decomposed: code points with a decomposition, of shape (d,).
    decompositions: full canonical decompositions, padded with -1, of shape (d, LONGEST).
    marks: code points with a combining class above 0, of shape (m,).
    classes: combining classes of the marks, of shape (m,).
    unsettled: code points that normal form C changes, or may compose with the previous code point, of shape (u,).
    pairs: `first * CODE_POINTS + second` of two code points that can be composed, int64 of shape (c,).
    composites: composites of the pairs, of shape (c,).
    """

    decomposed: np.ndarray
    decompositions: np.ndarray
    marks: np.ndarray
    classes: np.ndarray
    unsettled: np.ndarray
    pairs: np.ndarray
    composites: np.ndarray


@cache
def tables() -> Tables:
    """Returns the tables for the Unicode version of this Python."""
    parts, classes, composites = {}, {}, {}
    for code in range(CODE_POINTS):
        letter = chr(code)
        if mark := unicodedata.combining(letter):
            classes[code] = mark
        mapping = unicodedata.decomposition(letter)
        if not mapping or mapping.startswith("<"):  # no decomposition, or a compatibility decomposition
            continue
        decomposed = unicodedata.normalize("NFD", letter)
        parts[code] = [ord(part) for part in decomposed] + [-1] * (LONGEST - len(decomposed))
        pair = [int(part, 16) for part in mapping.split()]
        if len(pair) == 2 and unicodedata.normalize("NFC", letter) == letter:
            composites[pair[0] * CODE_POINTS + pair[1]] = code
    pairs = np.array(sorted(composites), np.int64)
    seconds = {*(pairs % CODE_POINTS).tolist(), *range(VOWELS, TRAILING + TRAILING_COUNT)} - {TRAILING}
    return Tables(
        np.array(list(parts), np.int32),
        np.array(list(parts.values()), np.int32),
        np.array(list(classes), np.int32),
        np.array(list(classes.values()), np.int32),
        np.array(sorted(parts.keys() - composites.values() | seconds), np.int32),
        pairs,
        np.array([composites[pair] for pair in pairs.tolist()], np.int32),
    )


def character_class(ranges: Iterable[tuple[int, int]]) -> str:
    r"""Formats ranges of code points as a character class of RE2, without brackets: `[(97, 99)]` -> `\x{61}-\x{63}`."""
    return "".join(rf"\x{{{first:X}}}-\x{{{last:X}}}" for first, last in ranges)


def ranges(codes: Iterable[int]) -> list[tuple[int, int]]:
    """Returns the first and last code point of each run of consecutive code points.

    >>> ranges([99, 97, 98, 120])
    [(97, 99), (120, 120)]
    """
    ordered = np.array(sorted(codes))
    ends = np.flatnonzero(np.diff(ordered) > 1)
    return list(zip(ordered[np.r_[0, ends + 1]].tolist(), ordered[np.r_[ends, len(ordered) - 1]].tolist(), strict=True))
