"""The learning-rate schedule, the number of epochs, weight decay, and class weights."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies
from omegaconf import OmegaConf

from classifier.data import Examples
from classifier.errors import UserError
from classifier.training.optimization import (
    EXAMPLES_SEEN,
    FEWEST_EPOCHS,
    MOST_EPOCHS,
    WarmupDecay,
    class_weights,
    epochs_for,
    spare_from_decay,
)

SHAPES = ["cosine", "linear", "constant"]
LABELS = np.array([0, 0, 0, 1])
NAMES = ("bad", "good")


def examples(labels: np.ndarray, names: tuple[str, ...]) -> Examples:
    return Examples([""] * len(labels), labels, names, [""] * len(labels))


@pytest.mark.parametrize(
    ("shape", "step", "expected"),
    [
        *((shape, step, rate) for shape in SHAPES for step, rate in [(0, 0.1), (4, 0.5), (9, 1.0), (10, 1.0)]),
        *zip(["cosine"] * 4, [35, 60, 110, 999], [0.5 + 2**-1.5, 0.5, 0.0, 0.0], strict=True),
        *zip(["linear"] * 4, [35, 60, 110, 999], [0.75, 0.5, 0.0, 0.0], strict=True),
        *zip(["constant"] * 4, [35, 60, 110, 999], [1.0] * 4, strict=True),
    ],
)
def test_learning_rate(shape, step, expected):
    assert float(WarmupDecay(0.003, 110, 10, shape)(step)) == pytest.approx(0.003 * expected, abs=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
@given(steps=strategies.integers(1, 50), warmup_steps=strategies.integers(0, 50))
@settings(deadline=None, max_examples=200)
def test_learning_rate_rises_then_falls(shape, steps, warmup_steps):
    rates = np.array(WarmupDecay(1.0, steps, warmup_steps, shape)(np.arange(steps)))
    assert (rates > 0).all() and (rates <= 1).all()  # no step has a learning rate of 0
    assert (np.diff(rates[:warmup_steps]) > 0).all()
    assert (np.diff(rates[warmup_steps:]) <= 0).all()


def test_schedule_round_trip():
    schedule = WarmupDecay(0.003, 110, 10, "cosine")
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert isinstance(copy, WarmupDecay)
    assert copy.get_config() == schedule.get_config()


@given(examples=strategies.integers(1, EXAMPLES_SEEN), classes=strategies.sampled_from([2, 4, 8, 16, 128]))
@settings(deadline=None, max_examples=50, derandomize=True)
def test_epochs_show_the_wanted_number_of_examples(examples, classes):
    """Half as many more for each doubling of the classes, rounded to epochs within the bounds."""
    wanted = EXAMPLES_SEEN * (1 + (classes.bit_length() - 2) / 2) / examples
    nearest = min(range(FEWEST_EPOCHS, MOST_EPOCHS + 1), key=lambda epochs: abs(epochs - wanted))
    assert abs(epochs_for(examples, classes) - wanted) == pytest.approx(abs(nearest - wanted))


@given(examples=strategies.integers(0, 10**6), more=strategies.integers(0, 10**6), classes=strategies.integers(1, 200))
@settings(deadline=None, max_examples=50, derandomize=True)
def test_more_examples_never_want_more_epochs_and_more_classes_never_fewer(examples, more, classes):
    assert FEWEST_EPOCHS <= epochs_for(examples + more, classes) <= epochs_for(examples, classes) <= MOST_EPOCHS
    assert epochs_for(examples, classes) <= epochs_for(examples, classes + more)


@pytest.mark.parametrize(("examples", "expected"), [(0, MOST_EPOCHS), (1, MOST_EPOCHS), (10**9, FEWEST_EPOCHS)])
def test_epochs_have_bounds(examples, expected):
    assert epochs_for(examples, 3) == expected


def test_only_kernels_decay():
    ids = keras.Input((None,), dtype="int32")
    states = keras.layers.LayerNormalization(name="norm")(keras.layers.Embedding(5, 3, name="embedding")(ids))
    model = keras.Model(ids, keras.layers.Dense(2, name="dense")(states))
    optimizer = spare_from_decay(keras.optimizers.AdamW(1.0, weight_decay=0.5))
    before = [weight.numpy() for weight in model.weights]
    optimizer.apply([np.zeros_like(weight) for weight in before], model.trainable_variables)
    moved = [weight.path for weight, old in zip(model.weights, before, strict=True) if (weight.numpy() != old).any()]
    assert moved == ["dense/kernel"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, [1, 1]),
        ("balanced", [4 / 6, 2]),
        ({"good": 3}, [1, 3]),
        ({"good": 3.5, "bad": 0.5}, [0.5, 3.5]),
        (OmegaConf.create({"good": 3}), [1, 3]),
    ],
)
def test_class_weights(choice, expected):
    weights = class_weights(choice, examples(LABELS, NAMES))
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_labels_that_look_like_numbers():
    for one in (1, 1.0, "1.0", "\ufeff1"):
        assert class_weights({one: 2.0}, examples(LABELS, ("0", "1"))).tolist() == [1, 2]
    assert class_weights({True: 2.0}, examples(LABELS, ("False", "True"))).tolist() == [1, 2]


def test_balanced_weights_average_to_one_over_the_examples():
    labels = np.random.default_rng(0).integers(0, 5, 1000) ** 2 % 5
    weights = class_weights("balanced", examples(labels, tuple("abcde")))
    assert np.isfinite(weights).all()
    present = np.unique(labels)
    assert weights[labels].mean() == pytest.approx(len(present) / 5)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("even", "trainer.class_weights=even is neither null, balanced nor a mapping"),
        ({"god": 2}, "names 'god', which is not a label of the data .'bad', 'good'."),
        ({"Good": 2}, "names 'Good', which is not a label of the data .did you mean 'good'?"),
        ({"good": 2, " good\u200b": 3}, "trainer.class_weights names the class 'good' twice"),
        ({"good": "heavy"}, "trainer.class_weights.good=heavy is not a number above 0"),
        ({"good": None}, "trainer.class_weights.good=None is not a number above 0"),
        ({"good": 0}, "trainer.class_weights.good=0 is not a number above 0"),
        ({"good": float("nan")}, "trainer.class_weights.good=nan is not a number above 0"),
    ],
)
def test_mistakes_in_class_weights(choice, message):
    with pytest.raises(UserError, match=message):
        class_weights(choice, examples(LABELS, NAMES))
