"""Reads the character map of a SentencePiece model: a double array of byte strings, followed by their replacements."""

import base64
import binascii
from pathlib import Path
from typing import NamedTuple

import numpy as np

from classifier.errors import UserError

LONGEST = 4  # bytes: those of any character, and of two in scripts such as Latin
LABEL, VALUE = (1 << 31) | 0xFF, (1 << 31) - 1  # bits of a unit of the double array


class Mapped(NamedTuple):
    """A step of the normalizer that replaces single characters.

    strings: replacement of each code point that changes.
    composes: whether it also composes letters and marks, as normal form C.
    """

    strings: dict[int, str]
    composes: bool


def read_character_map(path: Path, encoded: str) -> Mapped:
    """Returns the replacement of each single character; a map with longer keys is taken to compose as normal form C.

    Raises:
        UserError: if the map is damaged.
    """
    try:
        data = base64.b64decode(encoded, validate=True)
        size = int.from_bytes(data[:4], "little")
        units = np.frombuffer(data[4 : 4 + size], "<u4").astype(np.int64)
        found = replacements(units, data[4 + size :])
        strings = {ord(key): value for key, value in found if len(key) == 1 and key != value}
        return Mapped(strings, any(len(key) > 1 for key, _ in found))
    except (binascii.Error, ValueError, IndexError) as error:
        raise UserError(f"{path}: precompiled_charsmap is damaged ({error}). Download the checkpoint again.") from None


def replacements(units: np.ndarray, texts: bytes) -> list[tuple[str, str]]:
    """Returns all keys of at most LONGEST bytes in the double array, and their replacements."""
    found, letters = [], np.arange(1, 256)
    places, keys = np.array([offset(units[0])]), np.zeros((1, 0), np.uint8)
    for _ in range(LONGEST):
        below = places[:, None] ^ letters
        inside = below < len(units)
        rows, columns = np.nonzero(inside & (units[np.where(inside, below, 0)] & LABEL == letters))
        nodes = below[rows, columns]
        keys = np.concatenate([keys[rows], letters[columns, None].astype(np.uint8)], axis=1)
        places = nodes ^ offset(units[nodes])
        for row in np.flatnonzero(units[nodes] >> 8 & 1):
            key, start = bytes(keys[row]).decode(), units[places[row]] & VALUE
            found.append((key, texts[start : texts.index(0, start)].decode()))
    return found


def offset(units):
    """Returns the distance from nodes to their children."""
    return units >> 10 << ((units & 1 << 9) >> 6)
