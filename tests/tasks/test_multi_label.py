"""Several labels per text: the loss, the calibration by class, and the thresholds."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import check_grad
from scipy.special import expit
from sklearn.metrics import f1_score, log_loss

from classifier.errors import UserError
from classifier.model.decisions import Decisions
from classifier.model.mixing import MOST_SHARE, mix
from classifier.model.mixture import Mixture
from classifier.settings import AbstainSettings, ExportSettings, LabelsSettings, Loss, Maximize, TrainerSettings
from classifier.tasks import NEVER, Decision, decide, make_task, refuse_impossible
from classifier.tasks.label_thresholds import best_threshold, threshold_for_precision

TASK = make_task(several=True)
ONES = np.ones(5, np.float32)


def draw(examples: int, seed: int, shift: float = -1.0) -> tuple[np.ndarray, np.ndarray]:
    """Returns calibrated logits of five classes, and whether each example has each label."""
    random = np.random.default_rng(seed)
    logits = random.normal(shift, 2.0, (examples, 5)).astype(np.float32)
    return logits, (random.random(logits.shape) < expit(logits)).astype(np.int8)


def losses(targets, logits, weights=ONES, **settings) -> np.ndarray:
    targets = np.asarray(targets, np.float32)
    return np.asarray(TASK.losses(tf.constant(targets), tf.constant(logits), weights, TrainerSettings(**settings)))


def test_the_loss_is_the_sum_of_the_binary_cross_entropies():
    logits, truth = draw(23, 1)
    expected = [sum(log_loss([y], [p], labels=[0, 1]) for y, p in zip(*row, strict=True)) for row in
                zip(truth, expit(logits.astype(float)), strict=True)]  # fmt: skip
    np.testing.assert_allclose(losses(truth, logits), expected, rtol=1e-4)
    np.testing.assert_allclose(TASK.losses_and_errors(logits, truth)[0], expected, rtol=1e-4)


def test_the_focal_loss_is_that_of_keras_and_without_gamma_the_cross_entropy():
    logits, truth = draw(23, 2)
    of_keras = keras.losses.binary_focal_crossentropy(truth.astype(np.float32), logits, gamma=2.0, from_logits=True)
    np.testing.assert_allclose(losses(truth, logits, loss=Loss.focal), 5 * np.asarray(of_keras), rtol=1e-4)
    np.testing.assert_allclose(
        losses(truth, logits, loss=Loss.focal, focal_gamma=0.0), losses(truth, logits), rtol=1e-5
    )


def test_a_class_weight_counts_where_the_class_is_a_label():
    logits = np.zeros((2, 5), np.float32)
    found = losses([[1, 0, 0, 0, 0], [0, 0, 0, 0, 0]], logits, np.array([3, 7, 7, 7, 7], np.float32))
    np.testing.assert_allclose(found, [7 * np.log(2), 5 * np.log(2)], rtol=1e-6)


def test_the_errors_are_the_gradient():
    logits, truth = draw(1, 3)
    assert check_grad(
        lambda flat: TASK.losses_and_errors(flat[None], truth)[0][0],
        lambda flat: TASK.losses_and_errors(flat[None], truth)[1][0],
        logits[0].astype(float),
    ) == pytest.approx(0, abs=1e-5)


def test_the_mixture_finds_scale_and_shift_of_each_class_in_numpy_as_in_the_graph():
    logits, truth = draw(5000, 4)
    scales, shifts = np.array([0.5, 1, 2, 1, 1]), np.array([0, 0, 0, 3, -2])
    off = ((logits - shifts) / scales).astype(np.float32)  # calibrated are scale * off + shift
    weights, mixed = mix(TASK, off, None, truth)
    np.testing.assert_allclose(weights.parts[0], scales, rtol=0.15)
    np.testing.assert_allclose(weights.shift, shifts, atol=0.2)
    assert (weights.parts <= MOST_SHARE * 3).all()
    np.testing.assert_allclose(Mixture(weights, TASK)(off), mixed, atol=1e-4)


def test_few_examples_hardly_move_scale_and_shift():
    weights, _ = mix(TASK, np.zeros((3, 5), np.float32), None, np.ones((3, 5), np.int8))
    assert (np.abs(weights.shift) < 1).all()


def test_the_best_threshold_has_the_highest_f1_of_all():
    logits, truth = draw(211, 5)
    for found, mine in zip(expit(logits).T, truth.T > 0, strict=True):
        chosen = f1_score(mine, found >= best_threshold(found, mine))
        assert chosen == pytest.approx(max(f1_score(mine, found >= one) for one in found))


def test_equal_probabilities_are_predicted_together():
    found, mine = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    assert best_threshold(found, mine) in (pytest.approx(0.7), pytest.approx(0.3))
    assert best_threshold(found, np.zeros(4, bool)) == 0.5


def test_a_wished_precision_holds_on_validation_or_the_label_is_never_given():
    logits, truth = draw(503, 6)
    found, mine = expit(logits[:, 0]), truth[:, 0] > 0
    least = threshold_for_precision(found, mine, 0.9)
    assert (
        mine[found >= least].mean() >= 0.9
        and mine[found >= np.sort(found)[np.searchsorted(np.sort(found), least) - 1]].mean() < 0.9
    )
    assert threshold_for_precision(np.array([0.2, 0.9]), np.array([True, False]), 0.9) == NEVER


@pytest.mark.parametrize("chosen", [LabelsSettings(), LabelsSettings(Maximize.micro_f1), LabelsSettings(precision=0.8)])
def test_the_labels_are_the_same_in_numpy_and_in_the_graph(chosen):
    logits, truth = draw(101, 7)
    probabilities = expit(logits)
    decision = decide(AbstainSettings(), ExportSettings(), chosen, probabilities, truth)
    names = tf.Variable([name.encode() for name in "abcde"], trainable=False)
    found = Decisions(decision, names)(tf.constant(probabilities))["labels"].numpy()
    for row, (answers, likely) in enumerate(zip(decision.answers(probabilities), probabilities, strict=True)):
        wanted = sorted(np.flatnonzero(answers), key=lambda place: -likely[place])
        assert [name.decode() for name in found[row] if name] == ["abcde"[place] for place in wanted]
    assert decision.several and str(chosen.precision or chosen.maximize.name) in decision.sentences()[0]


def test_a_rare_label_has_the_threshold_of_all():
    logits, truth = draw(211, 8)
    truth[:, 3] = np.arange(211) < 9
    thresholds = decide(AbstainSettings(), ExportSettings(), LabelsSettings(), expit(logits), truth).label_from
    shared = decide(
        AbstainSettings(), ExportSettings(), LabelsSettings(Maximize.micro_f1), expit(logits), truth
    ).label_from
    assert thresholds[3] == shared[3] and len(set(shared)) == 1 and len(set(thresholds)) == 5


def test_the_thresholds_are_written_and_read(tmp_path):
    decision = Decision(label_from=(0.25, 0.5), promise={"labels.maximize": "macro_f1"}, examples=7)
    (tmp_path / "assets.extra").mkdir()
    decision.write(tmp_path)
    assert Decision.read(tmp_path) == decision


@pytest.mark.parametrize(
    ("abstain", "export", "key"),
    [
        (AbstainSettings(precision=0.9), ExportSettings(), "abstain.precision=0.9"),
        (AbstainSettings(), ExportSettings(coverage=0.9), "export.coverage=0.9"),
    ],
)
def test_promises_for_one_label_are_refused(abstain, export, key):
    with pytest.raises(UserError, match=f"{key} is for texts with one label each.*labels.precision="):
        refuse_impossible(abstain, export, True, 1000)
