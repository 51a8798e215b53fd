"""Thresholds chosen on validation keep their promises on new examples, in NumPy and in the graph."""

import json

import numpy as np
import pytest

from classifier.errors import UserError
from classifier.settings import AbstainSettings, CoverageSettings, ExportSettings, LabelSets, LabelsSettings, Maximize
from classifier.tasks import DECISION, NEVER, NO_DECISION, Decision, decide, refuse_impossible
from classifier.tasks.promises import with_promises
from classifier.tasks.set_scores import set_scores
from classifier.tasks.thresholds import (
    conformal_quantile,
    least_score_for_coverage,
    least_score_for_precision,
    least_scores,
    lower_bound,
)

NOTHING = AbstainSettings(), ExportSettings(), LabelsSettings()


def draw(examples: int, seed: int, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Returns calibrated probabilities (examples, classes) and labels drawn from them."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.full(classes, 0.4), examples)
    labels = (random.random((examples, 1)) > probabilities.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return probabilities.astype(np.float32), labels


def test_nothing_is_decided_unless_asked_for():
    assert not decide(*NOTHING, *draw(50, 0))
    assert NO_DECISION.accepted(np.array([[0.5, 0.5]])).all()


def test_a_promised_precision_holds_in_nearly_all_draws():
    held, shares = 0, []
    for seed in range(100):
        decision = decide(AbstainSettings(precision=0.9), ExportSettings(), LabelsSettings(), *draw(1000, seed))
        probabilities, labels = draw(4000, seed + 1000)
        accepted = decision.accepted(probabilities)
        right = (probabilities.argmax(axis=1) == labels)[accepted]
        held += len(right) == 0 or right.mean() >= 0.9
        shares.append(accepted.mean())
    assert held >= 95
    assert np.mean(shares) > 0.2  # of these examples, the ideal threshold would accept 0.4


def test_no_threshold_passes_if_nothing_is_right():
    assert least_score_for_precision(np.linspace(0.3, 0.9, 200), np.zeros(200, bool), 0.8) == NEVER
    assert not Decision(NEVER).accepted(np.array([[1.0, 0.0]])).any()


def test_the_bound_is_that_of_clopper_and_pearson():
    assert lower_bound(0, 10, 0.05) == 0
    assert lower_bound(20, 20, 0.05) == pytest.approx(0.05 ** (1 / 20))
    assert lower_bound(97, 100, 0.05) == pytest.approx(0.9242, abs=1e-4)  # one-sided, from tables


@pytest.mark.parametrize("coverage", [0.01, 0.5, 0.73, 0.99])
def test_a_share_of_answers_is_accepted(coverage):
    probabilities, _ = draw(997, 5)
    least = least_score_for_coverage(probabilities.max(axis=1), coverage)
    share = Decision(least).accepted(probabilities).mean()
    assert coverage <= share < coverage + 0.01


def test_a_cost_of_mistakes_is_a_threshold():
    decision = decide(AbstainSettings(mistake_cost=5), ExportSettings(), LabelsSettings(), *draw(10, 0))
    assert decision.accept_from == pytest.approx(0.8)


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_label_sets_have_their_coverage(coverage):
    found = []
    for seed in range(100):
        decision = decide(AbstainSettings(), ExportSettings(coverage=coverage), LabelsSettings(), *draw(199, seed))
        probabilities, labels = draw(2000, seed + 1000)
        found.append(decision.label_sets(probabilities)[np.arange(2000), labels].mean())
    assert np.mean(found) == pytest.approx(coverage, abs=0.01)


def test_coverage_by_class_needs_examples_of_the_class():
    probabilities = np.array([[0.9, 0.1]] * 9 + [[0.4, 0.6]] * 2, np.float32)
    labels = np.array([0] * 9 + [1] * 2)
    overall = least_scores(probabilities, labels, 0.8, by_class=False)
    assert overall == (pytest.approx(0.6), pytest.approx(0.6))
    assert least_scores(probabilities, labels, 0.8, by_class=True) == (pytest.approx(0.9), pytest.approx(0.6))


def test_the_conformal_quantile():
    assert conformal_quantile(np.linspace(0.1, 0.9, 9), 0.9) == pytest.approx(0.1)
    assert conformal_quantile(np.linspace(0.1, 0.9, 9), 0.8) == pytest.approx(0.2)
    assert conformal_quantile(np.array([0.7, 0.8]), 0.9) == 0


def test_promises_that_cannot_be_kept_are_refused():
    refuse_impossible(AbstainSettings(), ExportSettings(), False, 1)
    with pytest.raises(UserError, match=r"abstain.precision=0.95 cannot be promised with 58 validation examples"):
        refuse_impossible(AbstainSettings(precision=0.95), ExportSettings(), False, 58)
    with pytest.raises(UserError, match=r"export.coverage=0.9 needs 9 validation examples, but there are 8"):
        refuse_impossible(AbstainSettings(), ExportSettings(coverage=0.9), False, 8)
    refuse_impossible(AbstainSettings(precision=0.95), ExportSettings(coverage=0.9), False, 59)


def test_written_and_read(tmp_path):
    decision = decide(AbstainSettings(precision=0.8), ExportSettings(coverage=0.9), LabelsSettings(), *draw(300, 1))
    decision.write(tmp_path)
    assert Decision.read(tmp_path) == decision
    assert json.loads((tmp_path / DECISION).read_text())["promise"] == {
        "abstain.precision": 0.8,
        "export.coverage": 0.9,
    }
    (tmp_path / DECISION).write_text("{}")
    with pytest.raises(UserError, match="is damaged"):
        Decision.read(tmp_path)
    (tmp_path / DECISION).unlink()
    assert not Decision.read(tmp_path)


def test_the_graph_decides_as_numpy_does():
    import tensorflow as tf

    from classifier.model.decisions import Decisions

    probabilities, labels = draw(300, 2)
    decision = decide(
        AbstainSettings(coverage=0.6), ExportSettings(coverage=0.9), LabelsSettings(), probabilities, labels
    )
    names = np.array(["a", "b", "c"])
    answer = Decisions(decision, tf.Variable(names.tolist()))(tf.constant(probabilities))
    np.testing.assert_array_equal(answer["accepted"], decision.accepted(probabilities))
    assert 0 < decision.accepted(probabilities).mean() < 1
    for row, included, label_set in zip(
        probabilities, decision.label_sets(probabilities), answer["label_set"].numpy(), strict=True
    ):
        wanted = [name for _, name in sorted(zip(-row[included], names[included], strict=True))]
        assert [name.decode() for name in label_set] == wanted + [""] * (3 - len(wanted))


@pytest.mark.parametrize("coverage", [0.8, 0.95])
def test_adaptive_label_sets_have_their_coverage(coverage):
    found, export = [], ExportSettings(coverage=coverage, label_sets=LabelSets.aps)
    for seed in range(100):
        decision = decide(AbstainSettings(), export, LabelsSettings(), *draw(199, seed))
        probabilities, labels = draw(2000, seed + 1000)
        found.append(decision.label_sets(probabilities)[np.arange(2000), labels].mean())
    assert np.mean(found) == pytest.approx(coverage, abs=0.01)


def test_an_adaptive_set_is_never_empty_even_if_the_model_is_right_more_often_than_promised():
    random = np.random.default_rng(0)
    logits = random.normal(size=(3000, 5)).astype(np.float32) + 14 * np.eye(5, dtype=np.float32)[np.arange(3000) % 5]
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    labels = np.where(random.random(3000) < 0.998, np.arange(3000) % 5, 0)
    export = ExportSettings(coverage=0.9, label_sets=LabelSets.aps)
    decision = decide(AbstainSettings(), export, LabelsSettings(), probabilities[:1000], labels[:1000])
    assert decision.label_sets(probabilities)[np.arange(3000), probabilities.argmax(axis=1)].all()


def test_the_score_of_an_adaptive_set_is_half_the_label_and_all_less_likely_ones():
    probabilities = np.array([[0.25, 0.5, 0.125, 0.125]])
    np.testing.assert_array_equal(set_scores(LabelSets.aps, probabilities), [[0.375, 0.75, 0.1875, 0.0625]])


def test_adaptive_coverage_by_class():
    probabilities = np.array([[0.9, 0.1]] * 9 + [[0.4, 0.6]] * 9, np.float32)
    export = ExportSettings(coverage=0.8, coverage_by_class=True, label_sets=LabelSets.aps)
    decision = decide(AbstainSettings(), export, LabelsSettings(), probabilities, np.repeat([0, 1], 9))
    assert decision.include_from == (pytest.approx(0.499), pytest.approx(0.499))
    assert decision.promise == {
        "export.coverage": 0.8,
        "export.coverage_by_class": True,
        "export.label_sets": "aps",
    }


@pytest.mark.parametrize("classes", [2, 3, 151])
def test_the_graph_forms_the_same_adaptive_sets_bit_for_bit(classes):
    import tensorflow as tf

    from classifier.artifact.formats import classify
    from classifier.model.decisions import adaptive_scores

    sharp = np.random.default_rng(classes).normal(scale=6, size=(2000, classes)).astype(np.float32)
    probabilities = tf.nn.softmax(sharp).numpy()
    probabilities[:50] = np.float32(1 / classes)  # ties
    expected = set_scores(LabelSets.aps, probabilities)
    np.testing.assert_array_equal(tf.function(adaptive_scores)(tf.constant(probabilities)), expected)
    orders = np.argsort(-probabilities, axis=1, kind="stable")
    found = [classify.adaptive_scores(row, order) for row, order in zip(probabilities[:200], orders, strict=False)]
    np.testing.assert_array_equal(found, expected[:200])


def test_promises_that_are_not_changed_are_kept():
    settings = AbstainSettings(precision=0.8), ExportSettings(coverage=0.9), LabelsSettings()
    decision = decide(*settings, *draw(300, 1))
    nothing = AbstainSettings(), CoverageSettings(), LabelsSettings()
    kept = AbstainSettings(precision=0.8), CoverageSettings(coverage=0.9), LabelsSettings()
    assert with_promises(decision, nothing, ()) == kept
    other = AbstainSettings(coverage=0.5), CoverageSettings(label_sets=LabelSets.aps), LabelsSettings()
    assert with_promises(decision, other, ("abstain.coverage", "export.label_sets")) == (
        AbstainSettings(coverage=0.5),
        CoverageSettings(coverage=0.9, label_sets=LabelSets.aps),
        LabelsSettings(),
    )
    assert with_promises(decision, nothing, ("abstain.precision", "export.coverage")) == nothing


def test_promises_of_several_labels_are_kept():
    decision = Decision(label_from=(0.5, 0.5), promise={"labels.maximize": "micro_f1"}, examples=9)
    asked = AbstainSettings(), CoverageSettings(), LabelsSettings(precision=0.9)
    assert with_promises(decision, asked, ()) == (*asked[:2], LabelsSettings(Maximize.micro_f1))
    assert with_promises(decision, asked, ("labels.precision",)) == asked
