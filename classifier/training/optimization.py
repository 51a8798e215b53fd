"""Class weights of the loss, learning-rate schedule, and weight decay."""

import math
from collections.abc import Mapping

import keras
import numpy as np
from keras import ops

from classifier.data import Examples, KnownClasses, label_of, listed
from classifier.errors import UserError

EXAMPLES_SEEN, FEWEST_EPOCHS, MOST_EPOCHS = 40_000, 3, 20
PRETRAINED_EXAMPLES_SEEN = 15_000  # by an encoder that is trained already
LABEL_SMOOTHING = 0.1  # of logits that are no cosines, whose scale is limited anyway
NEVER_DECAYED = ("bias", "gamma", "beta", "embeddings")  # names of Keras variables: biases, norms, embeddings


@keras.saving.register_keras_serializable(package="classifier")
class WarmupDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up to the peak, followed by a decay to zero (`cosine` or `linear`) or a `constant` rate.

    Args:
        peak: learning rate at the end of the warm-up.
        steps: total number of steps.
        warmup_steps: number of steps in the warm-up.
        shape: shape of the decay.
    """

    def __init__(self, peak: float, steps: int, warmup_steps: int, shape: str) -> None:
        self.peak = peak
        self.steps = steps
        self.warmup_steps = warmup_steps
        self.shape = shape

    def __call__(self, step):
        step = ops.cast(step, "float32")
        rise = (step + 1) / max(1, self.warmup_steps)
        done = ops.clip((step - self.warmup_steps) / max(1, self.steps - self.warmup_steps), 0, 1)
        fall = {"cosine": (1 + ops.cos(math.pi * done)) / 2, "linear": 1 - done, "constant": ops.ones_like(done)}
        return self.peak * ops.minimum(rise, fall[self.shape])

    def get_config(self):
        return {"peak": self.peak, "steps": self.steps, "warmup_steps": self.warmup_steps, "shape": self.shape}


def epochs_for(examples: int, classes: int, seen: int = EXAMPLES_SEEN) -> int:
    """Returns the number of epochs for `seen` examples, plus half as many per doubling of the classes from 2.

    Few classes are memorized quickly, and many classes take longer. The result is limited by FEWEST_EPOCHS and
    MOST_EPOCHS.

    >>> epochs_for(7_000, 2), epochs_for(10_000, 77), epochs_for(1_000_000, 2)
    (6, 15, 3)
    """
    seen_by_classes = seen * (1 + math.log2(max(2, classes) / 2) / 2)
    return min(MOST_EPOCHS, max(FEWEST_EPOCHS, round(seen_by_classes / max(1, examples))))


def spare_from_decay(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Excludes biases, norms and embeddings from weight decay; must be called before the optimizer is built."""
    optimizer.exclude_from_weight_decay(var_names=list(NEVER_DECAYED))
    return optimizer


def class_weights(choice, train: Examples) -> np.ndarray:
    """Returns class weights of the loss, float32 (classes,): ones, `balanced`, or by name.

    Balanced weights are inverse to the counts of the classes; if a text can have several labels, the weight of a label
    is the number of texts without it divided by the number of texts with it.

    Raises:
        UserError: for any other choice, an unknown label or a weight that is not positive.
    """
    label_names = train.label_names
    if choice is None:
        return np.ones(len(label_names), np.float32)
    if choice == "balanced":
        counts = np.maximum(list(train.class_counts().values()), 1)
        if train.several:
            return (np.maximum(len(train) - counts, 1) / counts).astype(np.float32)
        return (len(train) / (len(label_names) * counts)).astype(np.float32)
    if not isinstance(choice, Mapping):
        raise UserError(f"trainer.class_weights={choice} is neither null, balanced nor a mapping {{label: weight}}.")
    given = weights_by_name(choice, label_names)
    return np.array([given.get(name, 1.0) for name in label_names], np.float32)


def weights_by_name(choice: Mapping, label_names: tuple[str, ...]) -> dict[str, float]:
    """Returns the given weights by class name; the labels in the mapping may be spelled as in files.

    Raises:
        UserError: if a label is unknown or given twice, or a weight is not positive.
    """
    known, given = KnownClasses(label_names), {}
    for key, weight in choice.items():
        if not isinstance(weight, int | float) or isinstance(weight, bool) or not 0 < weight < math.inf:
            raise UserError(f"trainer.class_weights.{key}={weight} is not a number above 0.")
        label, problem = label_of(key)
        name = known.find(label)
        if problem or name is None:
            near = known.near(label)
            hint = f"did you mean {near!r}?" if near else listed(label_names)
            raise UserError(f"trainer.class_weights names {str(key)!r}, which is not a label of the data ({hint}).")
        if name in given:
            raise UserError(f"trainer.class_weights names the class {name!r} twice.")
        given[name] = float(weight)
    return given
