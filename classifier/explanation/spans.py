"""Finds the words that a classifier reads in the original text."""

import unicodedata
from collections.abc import Sequence
from itertools import accumulate


def spans(text: str, words: Sequence[str]) -> list[tuple[str, int | None]]:
    """Splits the text into words in their original spelling with their index, and the parts between words with None.

    A classifier may read words in lower case, in Unicode normal form C, without control or invisible characters and
    without accents. If a word is not found in the text, all words are returned as read, separated by spaces.

    >>> spans("Ça va?", ["ça", "va", "?"])
    [('Ça', 0), (' ', None), ('va', 1), ('?', 2)]
    """
    return found_again(text, words, accents=True) or found_again(text, words, accents=False) or as_read(words)


def found_again(text: str, words: Sequence[str], accents: bool) -> list[tuple[str, int | None]] | None:
    """Implements `spans`; returns None if a word is not found.

    Args:
        accents: whether to compare nonspacing marks.
    """
    whole, origin = folded(text, accents)
    pieces: list[tuple[str, int | None]] = []
    at = end = 0  # positions in the folded and in the original text
    for number, word in enumerate(words):
        wanted, _ = folded(word, accents)
        start = whole.find(wanted, at)
        if start < 0:
            return None
        at = start + len(wanted)
        first, last = min(origin[start:at], default=end), max(origin[start:at], default=end - 1) + 1
        pieces += [(text[end:first], None), (text[first:last], number)]
        end = max(end, last)
    pieces.append((text[end:], None))
    return [piece for piece in pieces if piece[0]]


def folded(text: str, accents: bool = True) -> tuple[str, list[int]]:
    """Folds the text for comparison, and returns the index of the original character of each folded character.

    Args:
        text: any text.
        accents: whether to keep nonspacing marks.

    >>> folded("Ä\u00adb")
    ('a\u0308b', [0, 0, 2])
    """
    parts = [
        (part, place) for place, character in enumerate(text) for part in unicodedata.normalize("NFD", plain(character))
    ]
    classes = [unicodedata.combining(part) for part, _ in parts]
    runs = accumulate(number == 0 for number in classes)  # to sort the marks of each base character
    ordered = sorted(zip(runs, classes, parts, strict=True), key=lambda entry: entry[:2])
    pairs = [
        (letter, place) for *_, (part, place) in ordered for letter in unicodedata.normalize("NFD", part.casefold())
    ]
    kept = [pair for pair in pairs if accents or unicodedata.category(pair[0]) != "Mn"]
    return "".join(letter for letter, _ in kept), [place for _, place in kept]


def plain(character: str) -> str:
    """Replaces a full-width character by ASCII, and removes an invisible character."""
    if unicodedata.category(character) == "Cf" or character == "\N{COMBINING GRAPHEME JOINER}":
        return ""
    return chr(ord(character) - 0xFEE0) if "\uff01" <= character <= "\uff5e" else character


def as_read(words: Sequence[str]) -> list[tuple[str, int | None]]:
    """Returns the words as read by the classifier, separated by spaces."""
    pieces: list[tuple[str, int | None]] = []
    for place, word in enumerate(words):
        pieces += [(word, place), (" ", None)]
    return pieces[:-1]
