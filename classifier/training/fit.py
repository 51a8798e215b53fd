"""The training loop: epochs of batches, validation after each epoch, selection of the best weights, checkpoints."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from classifier.errors import UserError
from classifier.progress import Stage
from classifier.settings import BRANCHES, Monitor, Precision, TrainerSettings
from classifier.tasks import Task
from classifier.training.batches import EncodedTexts, epoch_batches
from classifier.training.checkpoint import load_checkpoint, save_checkpoint
from classifier.training.precision import bfloat16_products, processor_has_bfloat16
from classifier.training.predictor import Predictor
from classifier.training.targets import as_probabilities

FLOATS = ("float32", "float16", "bfloat16")
AVERAGE_STEPS = 10  # steps between updates of the averages, which take as long as a step of a small model


@dataclass
class State:
    """The progress of a training; a checkpoint consists of this state and the arrays of the variables."""

    epoch: int = 0  # number of completed epochs
    step: int = 0  # number of completed steps in the current epoch
    loss_sum: float = 0.0  # over the examples in the current epoch
    examples: int = 0  # in the current epoch
    seconds: float = 0.0  # training time, including earlier processes
    best_value: float | None = None
    best_epoch: int = 0
    encoder_log_loss: float | None = None  # lowest value so far of the encoder alone, if there is an n-gram model
    gained_epoch: int = 0  # last epoch with an improvement of the monitor or of the encoder alone
    history: list[dict[str, float]] = field(default_factory=list)  # one entry per epoch


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Training examples and validation texts.

    Args:
        texts: training texts.
        targets: their targets; see `classifier.training.targets`.
        class_weights: float32 array of shape (classes,).
        valid_texts: validation texts.
        task: what an answer is.
    """

    texts: EncodedTexts
    targets: np.ndarray
    class_weights: np.ndarray
    valid_texts: EncodedTexts
    task: Task


class Training:
    """The training of a model; `epochs` trains it from its checkpoint to the end.

    Args:
        model: model from ids (batch, tokens), or states (batch, tokens, width), to logits (batch, classes).
        optimizer: optimizer, which is built here.
        settings: settings of the trainer; its epochs are not None.
        data: training examples and validation texts.
        validate: function from validation logits to metrics by name.
        seed: seed of the order of batches.
        checkpoint: path of the checkpoint, which is written after each epoch and every `checkpoint_seconds`.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        settings: TrainerSettings,
        data: TrainingData,
        validate: Callable[[np.ndarray], dict[str, float]],
        seed: int,
        checkpoint: Path,
    ) -> None:
        self.model, self.optimizer, self.settings = model, optimizer, settings
        self.data, self.validate, self.task = data, validate, data.task
        self.seed, self.checkpoint = seed, checkpoint
        self.class_weights = tf.constant(data.class_weights)
        self.state = State()
        self.unaveraged = 0  # steps since the last update of the averages
        self.predict = Predictor(model)
        self.best = weights_of(model)
        optimizer.build(model.trainable_variables)
        averaged = model.trainable_variables if settings.ema_decay else []
        assert settings.epochs is not None
        self.most_epochs = settings.epochs
        self.reduced = settings.precision is Precision.bfloat16 or (
            settings.precision is Precision.auto and processor_has_bfloat16()
        )
        self.averages = [tf.Variable(variable.value, trainable=False) for variable in averaged]
        self.train_step = self.make_train_step()

    def make_train_step(self):
        """Returns a graph of an optimizer step, from ids (batch, tokens) and targets (batch, classes) to the loss."""
        ids = tf.TensorSpec(self.model.input.shape, self.model.input.dtype)
        targets = tf.TensorSpec([None, len(self.data.class_weights)])

        @tf.function(autograph=False, input_signature=[ids] * BRANCHES + [targets] * BRANCHES)
        def train_step(*shards):
            weights = [self.task.text_weights(targets, self.class_weights) for targets in shards[BRANCHES:]]
            with tf.GradientTape() as tape:
                sums = [
                    tf.reduce_sum(self.losses(ids, targets) * weight)
                    for ids, targets, weight in zip(shards[:BRANCHES], shards[BRANCHES:], weights, strict=True)
                ]
                loss = tf.add_n(sums) / tf.reduce_sum(tf.concat(weights, axis=0))
            gradients = tape.gradient(loss, self.model.trainable_variables)
            self.optimizer.apply(gradients, self.model.trainable_variables)
            return loss

        return train_step

    def losses(self, ids, targets):
        """Returns the loss of each text (batch,).

        Args:
            ids: ids of shape (batch, tokens).
            targets: probabilities of shape (batch, classes).
        """
        return self.task.losses(targets, self.model(ids, training=True), self.class_weights, self.settings)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([], tf.float32)])
    def update_averages(self, steps) -> None:
        """Updates the moving averages of the weights, with a lower decay at the beginning."""
        step = tf.cast(self.optimizer.iterations, tf.float32)
        decay = tf.minimum(self.settings.ema_decay, (1 + step) / (10 + step)) ** steps
        for average, variable in zip(self.averages, self.model.trainable_variables, strict=False):
            average.assign_add((1 - decay) * (variable.value - average))

    def epochs(self, on_step: Callable[[State, int, int], None]) -> Iterator[State]:
        """Trains until the epochs or the patience are exhausted, then loads the best weights into the model.

        Yields the state after each epoch, once the checkpoint was written.

        Args:
            on_step: called after each step with the state, the number of steps per epoch and the size of the batch.
        """
        while not self.finished:
            self.train_epoch(on_step)
            self.finish_epoch()
            self.save()
            yield self.state
        set_weights(self.model, self.best)

    @property
    def finished(self) -> bool:
        """Whether the epochs or the patience are exhausted."""
        waited = self.state.epoch - self.state.gained_epoch
        return self.state.epoch >= self.most_epochs or (self.state.epoch > 0 and waited >= self.settings.patience)

    def train_epoch(self, on_step: Callable[[State, int, int], None]) -> None:
        """Runs the remaining steps of the current epoch."""
        state = self.state
        batches = epoch_batches(self.data.texts.lengths, self.settings.batch_size, self.seed, state.epoch)
        saved = before = time.monotonic()
        for batch in batches[state.step :]:
            loss = self.learn(batch)
            now = time.monotonic()
            state.seconds += now - before
            before = now
            state.loss_sum += loss * len(batch)
            state.examples += len(batch)
            state.step += 1
            if not math.isfinite(loss):
                where = f"epoch {state.epoch + 1}, step {state.step}"
                raise UserError(f"The loss became {loss} in {where}: lower optimizer.learning_rate.")
            on_step(state, len(batches), len(batch))
            if now - saved > self.settings.checkpoint_seconds:
                self.save()
                saved = time.monotonic()

    def learn(self, batch: np.ndarray) -> float:
        """Runs a step on the texts with the given indices, and returns its loss."""
        with bfloat16_products(self.reduced):
            shards = np.array_split(batch, BRANCHES)
            ids = [self.data.texts.padded(shard) for shard in shards]
            targets = [as_probabilities(self.data.targets[shard], len(self.data.class_weights)) for shard in shards]
            loss = float(self.train_step(*ids, *targets))
        self.unaveraged += 1
        if self.unaveraged == AVERAGE_STEPS:
            self.move_averages()
        return loss

    def move_averages(self) -> None:
        """Updates the averages for all steps since their last update."""
        if self.averages and self.unaveraged:
            self.update_averages(tf.constant(self.unaveraged, tf.float32))
        self.unaveraged = 0

    def finish_epoch(self) -> None:
        """Validates, with the averaged weights if there are any, and stores the weights if they are the best so far."""
        state, began = self.state, time.monotonic()
        self.move_averages()
        raw = weights_of(self.model)
        if self.averages:
            set_weights(self.model, [average.numpy() for average in self.averages])
        with Stage("Validating"):
            metrics = self.validate(self.predict(self.data.valid_texts))
        monitor = self.settings.monitor
        value = -metrics[monitor.name] if monitor is Monitor.log_loss else metrics[monitor.name]
        if state.best_value is None or value > state.best_value:
            state.best_value, state.best_epoch, self.best = value, state.epoch + 1, weights_of(self.model)
            state.gained_epoch = state.epoch + 1
        alone = metrics.get("encoder_log_loss")  # an encoder may need to improve for a while before the mixture does
        if alone is not None and (state.encoder_log_loss is None or alone < state.encoder_log_loss):
            state.encoder_log_loss, state.gained_epoch = alone, state.epoch + 1
        set_weights(self.model, raw)
        state.seconds += time.monotonic() - began
        state.history.append(
            {
                "epoch": state.epoch + 1,
                "loss": state.loss_sum / state.examples,
                "learning_rate": float(self.optimizer.learning_rate),
                "seconds": state.seconds,
                **{f"valid.{name}": value for name, value in metrics.items()},
            }
        )
        state.epoch, state.step, state.loss_sum, state.examples = state.epoch + 1, 0, 0.0, 0

    def save(self) -> None:
        """Writes the checkpoint."""
        arrays = {
            "model": [variable.numpy() for variable in changing(self.model)],
            "optimizer": [variable.numpy() for variable in self.optimizer.variables],
            "averages": [average.numpy() for average in self.averages],
            "best": self.best,
        }
        save_checkpoint(self.checkpoint, asdict(self.state), arrays)

    def restore(self) -> bool:
        """Restores the checkpoint if there is one; returns whether there was one."""
        loaded = load_checkpoint(self.checkpoint)
        if loaded is None:
            return False
        state, arrays = loaded
        self.state = State(**state)
        self.unaveraged = self.state.step % AVERAGE_STEPS
        for name, variables in (
            ("model", changing(self.model)),
            ("optimizer", self.optimizer.variables),
            ("averages", self.averages),
        ):
            for variable, array in zip(variables, arrays.get(name, []), strict=True):
                variable.assign(array)
        self.best = arrays["best"]
        return True


def changing(model: keras.Model) -> list:
    """The variables that training changes: its weights, and the seeds of its dropout."""
    return [variable for variable in model.variables if variable.trainable or variable.dtype not in FLOATS]


def weights_of(model: keras.Model) -> list[np.ndarray]:
    """Returns a copy of the trainable weights."""
    return [variable.numpy().copy() for variable in model.trainable_variables]


def set_weights(model: keras.Model, weights: list[np.ndarray]) -> None:
    """Restores a copy that was created by `weights_of`."""
    for variable, array in zip(model.trainable_variables, weights, strict=True):
        variable.assign(array)
