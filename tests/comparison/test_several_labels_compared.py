"""Models of texts with several labels each are compared and promoted as others are."""

import numpy as np
import pyarrow.parquet
import pytest
from sklearn.metrics import accuracy_score, f1_score

from classifier.comparison.comparison import class_changes, compare, entry
from classifier.comparison.files import write_comparison
from classifier.comparison.paired import resampled_scores
from classifier.comparison.promotion import judge
from classifier.comparison.report import Report
from classifier.evaluation.mistakes import predictions_table
from classifier.evaluation.predictions import numbered, read_predictions
from classifier.evaluation.scored import Scored
from classifier.settings import PromotionSettings
from classifier.tasks import Decision

NAMES = ["bird", "fruit", "tool"]
HALF = Decision(label_from=(0.5, 0.5, 0.5))
LABELS = np.random.default_rng(3).random((200, 3)) < 0.4


def answers(wrong: int) -> np.ndarray:
    """Returns the labels, with one of them wrong for the first examples."""
    found = LABELS.copy()
    found[:wrong, 1] = ~found[:wrong, 1]
    return found


def predictions(folder, wrong: int, order: slice = slice(None)):
    texts = [f"text {row}" for row in range(200)][order]
    scored = Scored(LABELS[order].astype(np.int8), np.where(answers(wrong)[order], 0.9, 0.1), NAMES, texts, texts, HALF)
    path = folder / f"{wrong}.parquet"
    pyarrow.parquet.write_table(predictions_table(scored), path)
    return read_predictions(path)


def test_the_metrics_are_those_of_scikit_learn():
    made = entry("one", LABELS, np.stack([answers(20), answers(60)]), 3)
    for repeat, wrong in enumerate((20, 60)):
        assert made.scores["accuracy"][repeat] == pytest.approx(accuracy_score(LABELS, answers(wrong)))
        assert made.scores["macro_f1"][repeat] == pytest.approx(f1_score(LABELS, answers(wrong), average="macro"))
    assert made.intervals["accuracy"].low < made.scores["accuracy"].mean() < made.intervals["accuracy"].high


def test_one_label_per_text_as_sets_gives_the_same_resamples():
    random = np.random.default_rng(5)
    labels, predicted = random.integers(3, size=101), random.integers(3, size=(2, 101))
    sets = [one[..., None] == np.arange(3) for one in (labels, predicted)]
    one, other = resampled_scores(labels, predicted, 3, resamples=50), resampled_scores(*sets, 3, resamples=50)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=1e-6)


def test_the_page_names_all_labels_of_a_text(tmp_path):
    runs = {"good": predictions(tmp_path, 5), "poor": predictions(tmp_path, 90)}
    number = {name: place for place, name in enumerate(NAMES)}
    labels = numbered(runs["good"].labels, number)
    np.testing.assert_array_equal(labels, LABELS)
    entries = [entry(name, labels, numbered(run.predicted, number)[None], 3) for name, run in runs.items()]
    comparison = compare(entries, "macro_f1")
    assert [standing.name for standing in comparison.standings] == ["good", "poor"]
    assert class_changes(labels, *entries, NAMES)[0].lost == LABELS[5:90, 0].sum()
    report = Report(comparison, entries, runs["good"], labels, NAMES, {name: [name] for name in runs}, {}, [], "two")
    page = write_comparison(tmp_path / "page", report).read_text()
    both = next(row for row in range(5, 90) if LABELS[row].tolist() == [True, False, True])
    assert report.answer(entries[1], both) == "bird, fruit, tool" and "bird, tool" in page


def test_a_challenger_is_promoted_if_it_is_better(tmp_path):
    good, poor = predictions(tmp_path, 5), predictions(tmp_path, 90, slice(None, None, -1))
    assert judge(good, poor, PromotionSettings()).better
    assert not judge(poor, good, PromotionSettings()).better
