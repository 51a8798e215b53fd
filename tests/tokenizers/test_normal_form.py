"""Normalization in comparison with Python's `unicodedata`."""

import random
import re
import unicodedata

import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies

from classifier.tokenizers import WordTokenizer
from classifier.tokenizers.normal_form import FULL_WIDTH, INVISIBLE, TO_PLAIN, normal_form, normalized_where
from classifier.tokenizers.unicode_tables import CODE_POINTS, LONGEST, tables

TOKENIZER = WordTokenizer()

UNSEEN = re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in INVISIBLE)}]")
in_graph = tf.function(normal_form, input_signature=[tf.TensorSpec([None], tf.string)])
all_rows = tf.function(
    lambda texts: normalized_where(tf.ones(tf.shape(texts), tf.bool), texts),
    input_signature=[tf.TensorSpec([None], tf.string)],
)


def expected(text: str) -> bytes:
    plain = (
        chr(ord(one) - TO_PLAIN) if any(first <= ord(one) <= last for first, last in FULL_WIDTH) else one
        for one in UNSEEN.sub("", text)
    )
    return unicodedata.normalize("NFC", "".join(plain)).encode()


def check(texts: list[str]) -> None:
    """Checks the result with and without the regular expression for unusual texts."""
    for function in (in_graph, all_rows):
        assert function(tf.constant([text.encode() for text in texts], tf.string)).numpy().tolist() == list(
            map(expected, texts)
        )


def words(*texts: str) -> list[list[str]]:
    found = TOKENIZER.words(tf.constant([text.encode() for text in texts])).to_list()
    return [[word.decode() for word in row] for row in found]


def test_every_character():
    check([chr(code) for code in range(1, CODE_POINTS) if not 0xD800 <= code < 0xE000])


def test_every_decomposition_with_marks_around_it():
    letters = [unicodedata.normalize("NFD", chr(code)) for code in [*tables().decomposed, *range(0xAC00, 0xD7A4, 7)]]
    check([f"x{letter}\u0323\u0301y" for letter in letters] + [letter + letter for letter in letters])


def test_random_runs_of_what_composes():
    table, draw = tables(), random.Random(1)
    seconds = {chr(pair % CODE_POINTS) for pair in table.pairs.tolist()}
    firsts = {chr(pair // CODE_POINTS) for pair in table.pairs.tolist()}
    marks = {chr(code) for code in table.marks}
    jamo = [chr(code) for code in (*range(0x1100, 0x1114), *range(0x1160, 0x1177), *range(0x11A7, 0x11C4))]
    pool = sorted(seconds | firsts | marks) + jamo + list("aeou \u00ad\u200dＡ５가각") * 20
    check(["".join(draw.choices(pool, k=draw.randint(0, 9))) for _ in range(20_000)])


@given(texts=strategies.lists(strategies.text(strategies.characters(codec="utf-8", exclude_characters="\0\u200b"))))
@settings(deadline=None, max_examples=60)
def test_any_text(texts):
    check(texts)


def test_rounds_of_composition_suffice():
    """Characters that are composed with a starter do not start compositions, and decompositions are not too long."""
    table = tables()
    seconds = set((table.pairs % CODE_POINTS).tolist())
    assert not seconds & set((table.pairs // CODE_POINTS).tolist())
    assert max(len(unicodedata.normalize("NFD", chr(code))) for code in table.decomposed) == LONGEST


def test_a_long_run_of_marks():
    check(["e" + "\u0301\u0323" * 500])


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("tuyệt vời", unicodedata.normalize("NFD", "tuyệt vời")),
        ("한국어", unicodedata.normalize("NFD", "한국어")),
        ("がぎぐ", unicodedata.normalize("NFD", "がぎぐ")),
        ("Größe", "Gro\u0308ße"),
        ("Wörter", "Wör\u00adter"),
        ("zusammen", "zu\u200bsam\u2060men\ufeff"),
        ("straße", "stra\u200dße"),
        ("שלום", "של\u200fום"),
        ("ＡＢＣ１２３", "ABC123"),
        ("étude", "e\u00ad\u0301tude"),
    ],
)
def test_one_text_in_two_spellings(text, same):
    one, other = words(text, same)
    assert one == other


def test_what_was_normal_stays_as_it_was():
    assert words("Ça va, Größe 한국어 がぎ x² ﬁ") == [["ça", "va", ",", "größe", "한국어", "が", "ぎ", "x²", "ﬁ"]]


def test_a_zero_width_space_separates_words_of_scripts_without_spaces():
    assert words("ไทย\u200bภาษา", "ខ្មែរ\u200bអក្សរ", "a\u200bb") == [["ไทย", "ภาษา"], ["ខ្មែរ", "អក្សរ"], ["ab"]]


def test_a_zero_width_non_joiner_parts_a_persian_word_from_its_endings():
    assert words("می\u200cخواهم") == [["می", "خواهم"]]


def test_neighbours_do_not_matter():
    texts = ["ไทย", "\u200ba", "e", "\u0301", "한", "\u11a8", "\u00ad"]
    assert words(*texts) == [words(text)[0] for text in texts]
