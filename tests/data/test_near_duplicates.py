"""Near-duplicates are found whatever was changed, and different texts are not."""

import numpy as np
import pytest

from classifier.data.duplicates import near_duplicate_notices
from classifier.data.examples import Examples, read_examples
from classifier.data.near_duplicates import near_duplicates
from classifier.settings import DataSettings

EMBEDDED = "classifier/data/embedded/train.csv"


@pytest.fixture(scope="module")
def texts():
    """Texts of the embedded corpus that are no near-duplicates of each other."""
    settings = DataSettings(train=EMBEDDED, name="embedded")
    found = read_examples(EMBEDDED, settings, split="train").examples.texts
    alike = {pair.second for pair in near_duplicates(found)}
    return [text for place, text in enumerate(found) if place not in alike]


def with_typos(text, random):
    place = random.integers(1, len(text) - 2)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def with_words(text, random):
    words = text.split()
    words.insert(random.integers(len(words) + 1), random.choice(["really", "please", "again"]))
    return " ".join(words)


def with_numbers(text, random):
    return f"{text} {random.integers(10_000)}"


@pytest.mark.parametrize("change", [with_typos, with_words, with_numbers, lambda text, _: f" {text.upper()}!! "])
def test_changed_copies_are_found_and_nothing_else(texts, change):
    random = np.random.default_rng(0)
    originals = [place for place, text in enumerate(texts) if len(text) > 30][:300]
    copies = [change(f"{texts[place]} 7", random) for place in originals]
    found = {(pair.first, pair.second) for pair in near_duplicates([*texts, *copies])}
    planted = {(place, len(texts) + number) for number, place in enumerate(originals)}
    assert len(found & planted) / len(planted) >= 0.95
    assert len(found & planted) / len(found) >= 0.95


def test_each_text_of_a_group_is_paired_with_the_first():
    texts = ["where is my parcel 1", "buy now", "Where is my parcel 2?", "WHERE IS MY PARCEL 33", "", "..."]
    assert near_duplicates(texts) == [(0, 2, 1.0), (0, 3, 1.0)]
    assert near_duplicates([]) == near_duplicates(["alone"]) == []


def test_short_texts_are_compared_as_a_whole():
    assert near_duplicates(["ok", "no", "OK!", "k"]) == [(0, 2, 1.0)]


def test_long_texts_are_compared_by_a_part_of_their_shingles(texts):
    random = np.random.default_rng(0)
    long = [" ".join(random.permutation(texts)[:60]) for _ in range(20)]
    copies = [with_words(with_typos(one, random), random) for one in long]
    assert {(pair.first, pair.second) for pair in near_duplicates([*long, *copies])} == {
        (place, 20 + place) for place in range(20)
    }


def test_texts_that_are_nearly_in_train_are_counted():
    def examples(*texts):
        return Examples(list(texts), np.zeros(len(texts), np.int32), ("a", "b"), list(texts))

    train = examples("where is my parcel 12", "please cancel my order today", "thanks for nothing at all")
    test = examples("where is my parcel 13", "please cancel my order today", "Thanks for nothing, at all!", "buy gold")
    notices = near_duplicate_notices(train, {"valid": examples("something else"), "test": test})
    (notice,) = notices
    assert notice.startswith("2 texts of test are nearly the same as one in train, so the metrics may be too good.")
