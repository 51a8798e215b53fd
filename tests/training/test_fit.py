"""A training that is killed and resumed gives the same results, bit for bit."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from classifier.attention import MultiHeadAttention
from classifier.encoders import ConcatPooling
from classifier.encoders.scratch import build_classifier
from classifier.errors import UserError
from classifier.settings import Loss, Monitor, Precision, ScratchSettings, TrainerSettings
from classifier.tasks import make_task
from classifier.training.adamw import AdamW
from classifier.training.batches import EncodedTexts
from classifier.training.fit import AVERAGE_STEPS, State, Training, TrainingData
from classifier.training.optimization import WarmupDecay, spare_from_decay
from classifier.training.precision import processor_has_bfloat16

EXAMPLES, VOCABULARY, CLASSES = 37, 23, 3
EPOCHS, BATCH = 3, 8
STEPS = EPOCHS * -(-EXAMPLES // BATCH)
DROPOUTS = ("dropout", "token_dropout", "embedding_dropout", "head_dropout")


class Killed(BaseException):
    """Simulates kill -9."""


@pytest.fixture(scope="module")
def texts():
    """Returns texts whose label depends on their first token."""
    random = np.random.default_rng(7)
    lengths = random.integers(1, 11, EXAMPLES)
    ids = random.integers(2, VOCABULARY, lengths.sum()).astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return EncodedTexts(ids, starts), (ids[starts[:-1]] % CLASSES).astype(np.int32)


def training_of(
    texts, checkpoint: Path, validate=None, dropout: float = 0.1, weights=(1, 1, 1), **settings
) -> Training:
    keras.utils.set_random_seed(5)
    encoded, labels = texts
    model = build_classifier(
        ScratchSettings(depth=1, width=12, intermediate_dim=24, **dict.fromkeys(DROPOUTS, dropout)),
        lambda: MultiHeadAttention(3, dropout),
        ConcatPooling(name="pooling"),
        VOCABULARY,
        11,
        CLASSES,
    )
    fixed = {"epochs": EPOCHS, "batch_size": BATCH, "ema_decay": 0.9, "monitor": Monitor.macro_f1, "patience": 4}
    trainer = TrainerSettings(**{**fixed, **settings})
    optimizer = spare_from_decay(AdamW(WarmupDecay(0.01, STEPS, 2, "cosine")))
    validate = validate or (lambda logits: {"macro_f1": float((logits.argmax(1) == labels).mean())})
    weights = np.array(weights, np.float32)
    return Training(
        model,
        optimizer,
        trainer,
        TrainingData(encoded, labels, weights, encoded, make_task(False)),
        validate,
        3,
        checkpoint,
    )


def ignore(*_):
    pass


def train(training: Training, on_step=ignore) -> State:
    """Trains to the end."""
    for _ in training.epochs(on_step):
        pass
    return training.state


def run_until_killed(training: Training, steps: int) -> None:
    done = 0

    def kill(*_):
        nonlocal done
        done += 1
        if done == steps:
            raise Killed

    with pytest.raises(Killed):
        train(training, kill)


@pytest.fixture(scope="module")
def whole(texts, tmp_path_factory):
    training = training_of(texts, tmp_path_factory.mktemp("whole") / "state.npz")
    train(training)
    return training


def same_bits(one: Training, other: Training) -> bool:
    pairs = zip(one.model.variables, other.model.variables, strict=True)
    return all(np.array_equal(a.numpy(), b.numpy()) for a, b in pairs)


def without_seconds(history):
    return [{key: value for key, value in entry.items() if key != "seconds"} for entry in history]


@pytest.mark.parametrize(("steps", "checkpoint_seconds"), [(1, 1e9), (6, 1e9), (13, 0.0)])
def test_killed_after_any_step_and_continued_gives_the_same_bits(texts, whole, tmp_path, steps, checkpoint_seconds):
    """With checkpoints after each step, or only after each epoch."""
    path = tmp_path / "state.npz"
    run_until_killed(training_of(texts, path, checkpoint_seconds=checkpoint_seconds), steps)
    continued = training_of(texts, path)
    continued.restore()
    train(continued)
    assert same_bits(continued, whole)
    assert without_seconds(continued.state.history) == without_seconds(whole.state.history)


@pytest.mark.parametrize(("batch_size", "steps"), [(1, EXAMPLES), (EXAMPLES, 1), (1000, 1)])
def test_a_batch_of_one_and_one_larger_than_the_data(texts, tmp_path, batch_size, steps):
    training, seen = training_of(texts, tmp_path / "state.npz", batch_size=batch_size, epochs=1), []
    train(training, lambda state, of_epoch, examples: seen.append((of_epoch, examples)))
    assert seen == [(steps, min(batch_size, EXAMPLES))] * steps
    assert np.isfinite(training.state.history[0]["loss"])
    assert all(np.isfinite(variable.numpy()).all() for variable in training.model.trainable_variables)


def test_killed_while_a_checkpoint_is_written(texts, whole, tmp_path, monkeypatch):
    path = tmp_path / "state.npz"
    first = training_of(texts, path)
    save, writes = np.savez, []

    def torn(file, **arrays):
        writes.append(1)
        if len(writes) == 2:
            file.write(b"half a checkpoint")
            raise Killed
        save(file, **arrays)

    monkeypatch.setattr(np, "savez", torn)
    with pytest.raises(Killed):
        train(first)
    monkeypatch.undo()
    continued = training_of(texts, path)
    assert continued.restore()
    assert continued.state.epoch == 1
    train(continued)
    assert same_bits(continued, whole)


def test_without_a_checkpoint_there_is_nothing_to_restore(texts, tmp_path):
    assert not training_of(texts, tmp_path / "state.npz").restore()


def test_two_runs_with_one_seed_are_equal(texts, whole, tmp_path):
    again = training_of(texts, tmp_path / "state.npz")
    train(again)
    assert same_bits(again, whole)


def test_it_learns(texts, tmp_path):
    training = training_of(texts, tmp_path / "state.npz", epochs=8, patience=8, ema_decay=0.0)
    losses = [state.history[-1]["loss"] for state in training.epochs(ignore)]
    assert losses[-1] < 0.95 * losses[0]


@pytest.mark.parametrize(
    ("monitor", "values", "best"), [(Monitor.macro_f1, [0.2, 0.9, 0.4], 2), (Monitor.log_loss, [0.9, 0.8, 0.2], 3)]
)
def test_the_best_epoch_is_kept(texts, tmp_path, monitor, values, best):
    """The epoch with the highest macro F1 or the lowest log-loss; the model has its weights at the end."""
    given, kept = iter(values), {}
    training = training_of(texts, tmp_path / "state.npz", lambda _: {monitor.name: next(given)}, monitor=monitor)
    for state in training.epochs(ignore):
        kept[state.epoch] = [average.numpy() for average in training.averages]
    assert training.state.best_epoch == best
    for weight, average in zip(training.model.trainable_variables, kept[best], strict=True):
        assert np.array_equal(weight.numpy(), average)


def test_patience_ends_a_training(texts, tmp_path):
    given = iter([0.5, 0.4, 0.4, 0.4, 0.4])
    training = training_of(texts, tmp_path / "state.npz", lambda _: {"macro_f1": next(given)}, epochs=5, patience=2)
    assert train(training).epoch == 3


def test_patience_waits_for_an_encoder_that_still_learns(texts, tmp_path):
    """The mixture is best after the first epoch, the encoder after the third; the training ends two epochs later."""
    given = iter(
        {"log_loss": whole, "encoder_log_loss": alone}
        for whole, alone in [(0.5, 2.0), (0.6, 1.5), (0.6, 1.2), (0.6, 1.3), (0.6, 1.2), (0.6, 1.0)]
    )
    training = training_of(
        texts, tmp_path / "state.npz", lambda _: next(given), epochs=6, patience=2, monitor=Monitor.log_loss
    )
    state = train(training)
    assert (state.epoch, state.best_epoch) == (5, 1)


def test_a_loss_that_is_no_number_is_refused_with_the_way_out(texts, tmp_path):
    training = training_of(texts, tmp_path / "state.npz")
    training.model.get_layer("logits").kernel.assign(np.full((36, CLASSES), np.nan, np.float32))
    with pytest.raises(UserError, match=r"epoch 1, step 1: lower optimizer\.learning_rate"):
        train(training)


def test_predictions_are_in_the_order_of_the_texts(texts, whole):
    encoded, _ = texts
    together = whole.predict(encoded)
    for index in (0, 5, EXAMPLES - 1):
        alone = whole.model(encoded.padded(np.array([index])), training=False).numpy()
        np.testing.assert_allclose(together[index], alone[0], atol=1e-5)


@pytest.mark.parametrize("batch", [[3], [5, 9], [1, 2, 4, 8, 16, 32, 36]], ids=len)
@pytest.mark.parametrize("kind", Loss)
def test_a_step_follows_the_gradient_of_the_weighted_mean_over_the_whole_batch(texts, tmp_path, batch, kind):
    """For any division of the batch, with at least one text; label smoothing is implemented explicitly here."""
    encoded, labels = texts
    settings = {"dropout": 0, "weights": (1, 3, 0.5), "precision": Precision.float32, "label_smoothing": 0.2}
    settings |= {"loss": kind, "focal_gamma": 1.5}
    ours, plain = (training_of(texts, tmp_path / "state.npz", **settings) for _ in range(2))
    target = 0.8 * np.eye(CLASSES, dtype=np.float32)[labels[batch]] + 0.2 / CLASSES
    share = np.array(settings["weights"], np.float32)[labels[batch]]
    with tf.GradientTape() as tape:
        logits = plain.model(encoded.padded(np.array(batch)), training=True)
        focus = (1 - tf.nn.softmax(logits)) ** 1.5 if kind is Loss.focal else 1.0
        losses = -tf.reduce_sum(target * focus * tf.nn.log_softmax(logits), axis=1)
        loss = tf.reduce_sum(losses * share) / share.sum()
    gradients = tape.gradient(loss, plain.model.trainable_variables)
    sgd = keras.optimizers.SGD(1.0)  # the step is equal to the gradient
    sgd.build(plain.model.trainable_variables)
    sgd.apply(gradients, plain.model.trainable_variables)
    ours.optimizer = keras.optimizers.SGD(1.0)
    ours.optimizer.build(ours.model.trainable_variables)
    assert ours.learn(np.array(batch)) == pytest.approx(float(loss), rel=1e-5)
    np.testing.assert_allclose(weights(ours), weights(plain), atol=1e-5)


def weights(training: Training) -> np.ndarray:
    """Returns all weights in a flat array."""
    return np.concatenate([variable.numpy().ravel() for variable in training.model.trainable_variables])


def averages(training: Training) -> np.ndarray:
    return np.concatenate([average.numpy().ravel() for average in training.averages])


def test_averages_move_now_and_then_as_far_as_they_would_have_step_by_step(texts, tmp_path):
    training = training_of(texts, tmp_path / "state.npz", ema_decay=0.9)
    expected = weights(training)
    for step in range(1, 2 * AVERAGE_STEPS + 2):
        training.learn(np.arange(BATCH))
        if step % AVERAGE_STEPS == 0:
            decay = min(0.9, (1 + step) / (10 + step)) ** AVERAGE_STEPS
            expected = decay * expected + (1 - decay) * weights(training)
        np.testing.assert_allclose(averages(training), expected, atol=1e-6)


@pytest.mark.parametrize("steps", [1, AVERAGE_STEPS - 1, AVERAGE_STEPS + 1])
def test_what_a_short_training_learned_is_kept(texts, tmp_path, steps):
    """Also if it ends before the first update of the averages: the result differs from the initial weights."""
    size = -(-EXAMPLES // steps)
    training = training_of(texts, tmp_path / "state.npz", epochs=1, batch_size=size)
    began, embeddings = weights(training), training.model.get_layer("embedding").trainable_variables[0].numpy()
    train(training)
    assert np.abs(weights(training) - began).max() > 1e-4
    assert np.abs(training.model.get_layer("embedding").trainable_variables[0].numpy() - embeddings).max() > 1e-4


@pytest.mark.skipif(not processor_has_bfloat16(), reason="the processor multiplies no bfloat16")
def test_precision_changes_training_a_little_and_predictions_not_at_all(texts, tmp_path):
    exact = training_of(texts, tmp_path / "exact", precision=Precision.float32)
    reduced = training_of(texts, tmp_path / "reduced", precision=Precision.auto)
    losses = [[training.learn(np.arange(BATCH)) for _ in range(2)] for training in (exact, reduced)]
    assert losses[0] != losses[1]
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.01)
    for mine, other in zip(reduced.model.variables, exact.model.variables, strict=True):
        mine.assign(other)
    np.testing.assert_array_equal(reduced.predict(texts[0]), exact.predict(texts[0]))
