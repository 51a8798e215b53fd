"""Normalizes different spellings of the same text, such as composed and decomposed letters."""

import re
import unicodedata

INVISIBLE = re.compile(
    "[\\u00ad\\u034f\\u061c\\u180e\\u200b\\u200d-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\ufeff]"
)
FULL_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}


def text_form(text: str) -> str:
    """Normalizes the text as classifiers do, except for case, so that equal texts are kept in the same split.

    The result is in Unicode normal form C, without invisible characters, with full-width letters and digits replaced
    by ASCII, and with runs of whitespace replaced by a single space.

    >>> text_form("Cafe\\u0301  no\\u00adte") == text_form("Caf\\u00e9 note")
    True
    """
    form = text
    if not text.isascii():
        form = unicodedata.normalize("NFC", INVISIBLE.sub("", text).translate(FULL_WIDTH))
    form = " ".join(form.split())
    return text if form == text else form  # usually the same object, which is then in memory only once
