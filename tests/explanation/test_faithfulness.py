"""Curves and measures of a toy model that can be computed by hand."""

import numpy as np
import pytest
from scipy.special import expit
from toy import classify, explained

from classifier.explanation.classes import class_words
from classifier.explanation.faithfulness import (
    BINS,
    FRACTIONS,
    RANDOM,
    faithfulness_curves,
    faithfulness_table,
    ranking,
    split_texts,
    verdict,
)

TEXT = "a great film , good and not bad at all"  # ten words


def test_curves_of_a_known_model():
    """The words are sorted from best to worst: 2, 1, 0, -1."""
    curves = faithfulness_curves([explained(TEXT)], classify, seed=0)["integrated_gradients"]
    taken = dict.fromkeys(FRACTIONS, 3.0) | {0: 0.0, 0.01: 2.0, 0.05: 2.0, 0.1: 2.0, 1: 2.0}
    np.testing.assert_allclose(curves.deletion[0], [expit(2 - taken[share]) for share in FRACTIONS])
    np.testing.assert_allclose(curves.insertion[0], [expit(taken[share]) for share in FRACTIONS])


def test_measures_of_a_known_model():
    measures = faithfulness_curves([explained(TEXT)], classify, seed=0)["integrated_gradients"].measures()
    left = [expit(0), expit(0), expit(0), expit(-1), expit(-1)]  # without the top 1, 5, 10, 20 and 50 %
    alone = [expit(2), expit(2), expit(2), expit(3), expit(3)]
    assert len(BINS) == 5
    np.testing.assert_allclose(measures["comprehensiveness"], [expit(2) - np.mean(left)])
    np.testing.assert_allclose(measures["sufficiency"], [expit(2) - np.mean(alone)])


def texts(count):
    random = np.random.default_rng(5)
    fill = ["a", "film", "of", "this", "kind", "and", "time"]
    return [" ".join(random.permutation([*random.choice(fill, 9), "great", "good", "bad"])) for _ in range(count)]


def test_the_truth_beats_random_words_and_equal_scores_do_not():
    curves = faithfulness_curves([explained(text) for text in texts(40)], classify, seed=1)
    table = faithfulness_table(curves, seed=1)
    assert list(table) == ["integrated_gradients", "pooling", RANDOM]
    assert verdict(table["integrated_gradients"]) == "yes"
    assert verdict(table["pooling"]) == "no"
    good = table["integrated_gradients"]["comprehensiveness"]
    assert good.above_interval.low < good.above_random < good.above_interval.high
    assert good.above_random == pytest.approx(good.mean - table[RANDOM]["comprehensiveness"].mean)


def test_the_opposite_of_the_truth_is_worse_than_random_words():
    some = [explained(text) for text in texts(40)]
    for one in some:
        one.scores["integrated_gradients"] = -one.scores["integrated_gradients"]
    table = faithfulness_table(faithfulness_curves(some, classify, seed=1), seed=1)
    assert verdict(table["integrated_gradients"]) == "no"
    assert table["integrated_gradients"]["comprehensiveness"].above_interval.high < 0


def test_only_methods_that_all_texts_have_and_each_text_asked_once():
    asked = []

    def watched(some):
        asked.extend(some)
        return classify(some)

    some = [explained("good film", ngrams=np.array([1.0, 0.0])), explained("bad film")]
    assert "ngrams" not in faithfulness_curves(some, watched, seed=0)
    assert len(asked) == len(set(asked))


def test_equal_scores_are_in_random_order():
    random = np.random.default_rng(0)
    assert len({tuple(ranking(np.zeros(4), random)) for _ in range(99)}) > 10
    assert tuple(ranking(np.array([0.0, 2.0, 1.0]), random)) == (1, 2, 0)


def test_a_share_of_a_word_counts_as_one_and_the_words_keep_their_order():
    assert split_texts(["a", "b", "c"], np.array([2, 0, 1]), 0.01) == ("a b", "c")
    assert split_texts(["a", "b", "c"], np.array([2, 0, 1]), 0.5) == ("b", "a c")
    assert split_texts(["a", "b", "c"], np.array([2, 0, 1]), 1) == ("", "a b c")


def test_words_of_the_classes():
    rows = class_words([explained("good good film"), explained("great film"), explained("bad film")], ["no", "yes"])
    assert [(row.label, row.word) for row in rows if row.total > 0] == [
        ("no", "bad"),
        ("yes", "good"),
        ("yes", "great"),
    ]
    good = next(row for row in rows if row.word == "good")
    assert (good.occurrences, good.mean, good.total) == (2, 1.0, 1.0)  # two occurrences in two texts
