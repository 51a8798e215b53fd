"""The words that a classifier reads are found in the text in any script, and no part of the text is lost."""

import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifier.explanation.spans import spans
from classifier.tokenizers import WordTokenizer

TOKENIZER = WordTokenizer()

SCRIPTS = "\u00ad\u200b\u1100\u1161\u0323ＱabÄßİΣςÉ我想あア한국שלאمرمیन👍🏽😀\u0301\u200d ﬁ!?-'4 \t\n"


def read(text):
    return [word.decode() for word in TOKENIZER.words(tf.constant([text])).to_list()[0]]


def test_by_hand():
    assert spans("Où?  我们", ["où", "?", "我", "们"]) == [("Où", 0), ("?", 1), ("  ", None), ("我", 2), ("们", 3)]
    assert spans("", []) == []


def test_other_spellings_are_found_as_they_were_written():
    assert spans("Cafe\u0301 no\u00adte", ["café", "note"]) == [("Cafe\u0301", 0), (" ", None), ("no\u00adte", 1)]
    assert spans("o\u0302\u0323\u0301x Ｑ１", ["ộ\u0301x", "q1"]) == [
        ("o\u0302\u0323\u0301x", 0),
        (" ", None),
        ("Ｑ１", 1),
    ]
    assert spans("so\u00adft", ["so", "ft"]) == [("so", 0), ("\u00ad", None), ("ft", 1)]  # as older models read it
    assert spans("한\u1100\u1161", ["한가"]) == [("한\u1100\u1161", 0)]


@given(text=st.text(st.sampled_from(SCRIPTS), max_size=30) | st.text(st.characters(codec="utf-8"), max_size=15))
@example(text="STRAẞE İstanbul ΟΔΟΣ")
@settings(deadline=None, max_examples=60, derandomize=True)
def test_each_word_once_and_in_order(text):
    words = read(text)
    pieces = spans(text, words)
    assert [place for _, place in pieces if place is not None] == list(range(len(words)))
    found = [piece for piece, place in pieces if place is not None]
    assert "".join(piece for piece, _ in pieces) == text or found == words


def test_words_that_are_not_found_are_shown_as_they_were_read():
    assert spans("abc", ["x", "y"]) == [("x", 0), (" ", None), ("y", 1)]
