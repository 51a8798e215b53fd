"""Different spellings of a text are kept in the same split."""

import unicodedata

import numpy as np
import pytest

from classifier.data.stratified import stratified
from classifier.data.text_form import text_form


@pytest.mark.parametrize(
    "other",
    [unicodedata.normalize("NFD", "Größe A1"), "Grö\u00adße A1", "Größe  Ａ１", " Größe A1\n", "\u200bGröße\u2060 A1"],
)
def test_spellings_of_one_text(other):
    assert text_form(other) == text_form("Größe A1") == "Größe A1"


def test_the_form_keeps_what_is_read_otherwise():
    assert len({text_form(text) for text in ("a b", "ab", "A b", "a\u200cb", "①", "1")}) == 6


def test_spellings_of_one_text_stay_in_one_split():
    texts = [f"Größe {number}" for number in range(60)]
    both = [*texts, *(unicodedata.normalize("NFD", text) for text in texts)]
    parts = stratified(both, np.arange(120) % 2, [0.1, 0.1], seed=0)
    forms = [{text_form(both[place]) for place in part} for part in parts]
    assert sum(map(len, forms)) == 60 and all(forms)
