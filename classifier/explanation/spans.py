"""Where the words that a classifier reads stand in the text as it was written."""

from collections.abc import Sequence


def spans(text: str, words: Sequence[str]) -> list[tuple[str, int | None]]:
    """The text in pieces: each word in its own spelling with its place, and what stands between words with None.

    A classifier reads words in lower case and without control characters. Where a word is not found again, all words
    are returned as they were read, with spaces between them.

    >>> spans("Ça va?", ["ça", "va", "?"])
    [('Ça', 0), (' ', None), ('va', 1), ('?', 2)]
    """
    folded, origin = [], []
    for place, character in enumerate(text):
        for part in character.casefold():
            folded.append(part)
            origin.append(place)
    whole, origin = "".join(folded), [*origin, len(text)]
    pieces: list[tuple[str, int | None]] = []
    at = end = 0  # in the folded text; in the text
    for number, word in enumerate(words):
        wanted = word.casefold()
        start = whole.find(wanted, at)
        if start < 0:
            return as_read(words)
        at = start + len(wanted)
        first, last = origin[start], max(origin[start] + 1, origin[at])
        pieces += [(text[end:first], None), (text[first:last], number)]
        end = last
    pieces.append((text[end:], None))
    return [piece for piece in pieces if piece[0]]


def as_read(words: Sequence[str]) -> list[tuple[str, int | None]]:
    """The words in their own spelling, with spaces between them."""
    pieces: list[tuple[str, int | None]] = []
    for place, word in enumerate(words):
        pieces += [(word, place), (" ", None)]
    return pieces[:-1]
