"""Promises hold, may no longer hold or no longer hold, by the interval of what was measured."""

import numpy as np
import pytest

from classifier.evaluation.metrics import evaluate
from classifier.evaluation.promises import Verdict, check_promises, promises_of, verdict
from classifier.evaluation.scored import Scored
from classifier.tasks import NEVER, Decision


def scored(right: int, wrong: int, decision: Decision) -> Scored:
    """Examples of class 0 and 1, of which some are right with a probability of 0.8, and as many others unsure."""
    labels = np.array([0] * right + [1] * wrong + [1] * 50)
    sure, unsure = [[0.8, 0.2]] * (right + wrong), [[0.4, 0.6]] * 50
    return Scored(labels, np.array(sure + unsure), ["a", "b"], decision=decision)


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [(95, 5, Verdict.HOLDS), (93, 7, Verdict.DOUBTFUL), (80, 20, Verdict.BROKEN)],
)
def test_a_precision_is_checked_on_the_accepted_answers(right, wrong, found):
    (one,) = check_promises(scored(right, wrong, Decision(0.7, promise={"abstain.precision": 0.95})))
    assert one.verdict is found
    assert (one.hits, one.count) == (right, 100)
    start = f"abstain.precision=0.95 {found.value}: {right / 100:.3f} [{one.interval.low:.3f}, {one.interval.high:.3f}]"
    assert one.sentence() == f"{start} of 100 accepted answers are right."
    assert one.summary()["verdict"] == found.value


def test_nothing_is_said_without_an_accepted_answer_or_a_promise():
    (one,) = check_promises(scored(5, 5, Decision(NEVER, promise={"abstain.precision": 0.95})))
    assert one.sentence() == "abstain.precision=0.95 cannot be checked: there are no accepted answers."
    assert one.summary() == {"promised": 0.95, "verdict": None, "count": 0}
    evaluation = evaluate(scored(5, 5, Decision(0.5, promise={"abstain.mistake_cost": 2})), resamples=0)
    assert promises_of({"test": evaluation}) == ([], {})


def test_a_coverage_holds_on_average_over_the_validation_texts():
    """With 100 of them, 0.9 allows for coverages down to 0.841."""
    promise = {"export.coverage": 0.9}
    decision = Decision(include_from=(0.5, 0.5), promise=promise, examples=100)
    for wrong, found in ((20, Verdict.HOLDS), (27, Verdict.DOUBTFUL), (60, Verdict.BROKEN)):
        (one,) = check_promises(scored(100 - wrong, wrong, decision))
        assert (one.hits, one.count, one.verdict) == (150 - wrong, 150, found)


def test_a_precision_of_each_label_names_the_labels():
    labels = np.array([[1, 1]] * 60 + [[0, 1]] * 40)
    decision = Decision(label_from=(0.5, 0.5), promise={"labels.precision": 0.9})
    given = Scored(labels, np.full((100, 2), 0.8), ["a", "b"], decision=decision)
    sentences, summary = promises_of({"test": evaluate(given, resamples=0)})
    assert sentences[0].startswith("On the test texts, labels.precision=0.9 no longer holds: 0.800 [")
    assert sentences[0].endswith("of 200 predicted labels are right; for 'a', it no longer holds.")
    assert summary["promises"]["labels.precision"]["no_longer_holds_for"] == ["a"]


def test_without_a_mistake_every_promise_holds():
    assert verdict(3, 3, 0.99) is Verdict.HOLDS
