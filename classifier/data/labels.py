"""Names of classes: one name per class, however it is spelled in the files.

`clean_label` removes invisible characters. `canonical_label` normalizes values: 1 and 1.0 are one label, and so are
true and True. `class_names` maps every spelling in train to the name of its class.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import inf

# Invisible characters without a meaning in a name: soft hyphen, combining grapheme joiner, directional marks,
# zero-width space, word joiner and byte order mark.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
# Joiners are part of the spelling in Persian, in the scripts of India and in emoji, but have no effect next to
# whitespace, next to ASCII, or at either end.
_STRAY_JOINERS = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])")
_FADED = re.compile("[\u200c\u200d\ufe00-\ufe0f\\s]")  # also invisible differences between two names
_BOOLEANS = {word: word.lower() for name in ("true", "false") for word in (name, name.title(), name.upper())}


def clean_label(label: str) -> str:
    """Returns the label in Unicode normal form NFC, without invisible characters, and with single spaces.

    >>> clean_label("\\ufeff not \\u00a0spam\\u200b")
    'not spam'
    """
    label = " ".join(label.split())
    if label.isascii():
        return label
    label = _INVISIBLE.sub("", unicodedata.normalize("NFC", label))
    return " ".join(unicodedata.normalize("NFC", _STRAY_JOINERS.sub("", label)).split())


def canonical_label(label: str) -> str:
    """Returns the shortest spelling of a number or boolean, and any other label unchanged.

    A label is a number if Python, and therefore json, csv, pandas and pyarrow, write the number in exactly this way:
    1, 1.0, -3, 4.5 and 1e+22 are numbers, but 01, +1, 1.50, 1e5, 1_000, nan and inf are text. Booleans are true, True
    and TRUE.

    >>> [canonical_label(label) for label in ("1.0", "4.5", "True", "1.50", "01")]
    ['1', '4.5', 'true', '1.50', '01']
    """
    number = _number(label)
    if number is None:
        return _BOOLEANS.get(label, label)
    return str(int(number)) if number == int(number) else label


def folded_label(label: str) -> str:
    """Returns a key that is equal for labels that differ only in case, whitespace, joiners or variation selectors."""
    return unicodedata.normalize("NFC", _FADED.sub("", canonical_label(label).casefold()))


def class_names(counts: Mapping[str, int], *, fold: bool) -> dict[str, str]:
    """Returns the name of the class of each cleaned label.

    Labels with the same value are one class; with `fold`, so are labels that differ only in case or whitespace. The
    name is the most frequent spelling, or the alphabetically first of equally frequent spellings. If all labels are
    integers, or all are booleans, it is the canonical spelling: 0.0 and 1.0 become 0 and 1, but if 1.0 and 1.1 occur,
    as in version numbers, both are kept.

    Args:
        counts: number of occurrences of each label.
        fold: whether to ignore case and whitespace.
    """
    spellings: dict[str, list[str]] = {}
    for label in sorted(counts):
        spellings.setdefault(folded_label(label) if fold else canonical_label(label), []).append(label)
    values = all(_is_integer(label) for label in counts) or all(label in _BOOLEANS for label in counts)
    names = {}
    for group in spellings.values():
        name = max(group, key=counts.__getitem__)
        names |= dict.fromkeys(group, canonical_label(name) if values else name)
    return names


def in_order(labels: Iterable[str]) -> list[str]:
    """Returns the distinct labels in sorted order, which is numeric if all of them are numbers."""
    names = set(labels)
    if all(re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?", name) for name in names):
        return sorted(names, key=lambda name: (Decimal(name), name))
    return sorted(names)


def _number(label: str) -> int | float | None:
    try:
        number = int(label) if label.removeprefix("-").isdigit() else float(label)
    except ValueError:
        return None
    return number if str(number) == label and abs(number) != inf and number == number else None


def _is_integer(label: str) -> bool:
    number = _number(label)
    return number is not None and number == int(number)
