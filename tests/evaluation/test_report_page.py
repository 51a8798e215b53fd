"""The page of a report has the verdict, weak classes first, mistakes, data and usage, and stays small."""

import html
import re

import numpy as np
import pytest

from classifier.data import Reject
from classifier.evaluation.metrics import evaluate
from classifier.evaluation.page import MOST_CLASSES, Page, write_page
from classifier.evaluation.scored import Scored


@pytest.fixture
def evaluation(simulate):
    def evaluation(examples, classes):
        labels, probabilities = simulate(examples, classes)
        names = [f"class {number}" for number in range(classes)]
        texts, origins = [f"text {row}" for row in range(examples)], [f"t.csv:{row}" for row in range(examples)]
        return evaluate(Scored(labels, probabilities, names, texts, origins), resamples=20)

    return evaluation


def written(folder, page):
    """The page as HTML, and its text without elements."""
    found = write_page(folder, page).read_text(encoding="utf-8")
    return found, html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]*>", "", found)))


def test_the_verdict_is_that_of_the_last_split(tmp_path, evaluation):
    valid, test = evaluation(60, 3), evaluation(90, 3)
    _, text = written(tmp_path, Page("tickets", {"valid": valid, "test": test}, "text"))
    right = int(test.scored.right.sum())
    assert f"predicts the label of {right} of 90 test texts, which is {right / 0.9:.1f} %" in text
    interval = test.intervals["accuracy"]
    assert f"95 % interval {interval.low:.3f} to {interval.high:.3f}" in text
    assert "Use the model" not in text and "Training" not in text


def test_a_page_says_how_to_use_the_model_where_it_is(tmp_path, evaluation):
    model = tmp_path / "it's here" / "model"
    page = Page("tickets", {"test": evaluation(60, 3)}, "message", model, command="classifier train tickets.csv")
    _, text = written(tmp_path, page)
    assert "text=message" in text and "classifier train tickets.csv" in text
    (loaded,) = re.findall(r"tf\.saved_model\.load\((.*?)\)\.sig", text)
    assert loaded == repr(str(model))


def test_notices_and_rejected_rows_are_shown(tmp_path, evaluation):
    rejects = [Reject("/data/tickets.csv", row, "label", f"reason {row}") for row in range(30)]
    page = Page("tickets", {"test": evaluation(60, 3)}, "text", notices=["2 texts occur twice."], rejects=rejects)
    _, text = written(tmp_path, page)
    assert "2 texts occur twice." in text and "30 rows could not be used" in text
    assert "tickets.csv:7" in text and "reason 9" in text and "reason 10" not in text


def test_many_classes_are_closed_until_wanted(tmp_path, evaluation):
    found, text = written(tmp_path, Page("many", {"test": evaluation(600, MOST_CLASSES)}, "text"))
    assert "The 12 weakest of 150 classes" in text
    assert found.index("<details><summary>Confusion matrix") < found.index('class="matrix"')
    assert len(found) < 600_000
    found, text = written(tmp_path, Page("more", {"test": evaluation(320, MOST_CLASSES + 1)}, "text"))
    assert 'class="matrix"' not in found and "test/confusion_matrix.png" in text


def test_a_model_without_mistakes_has_none(tmp_path):
    labels = np.array([0, 1, 0, 1])
    scored = Scored(labels, np.eye(2)[labels], ["ham", "spam"], list("abcd"), list("1234"))
    _, text = written(tmp_path, Page("easy", {"test": evaluate(scored, resamples=20)}, "text"))
    assert "every label of test is predicted" in text
