"""The decisions of a model in the graph."""

import tensorflow as tf

from classifier.tasks import Decision


class Decisions(tf.Module):
    """Adds outputs to the answers of a model: whether each is accepted, its label set, and its labels.

    Args:
        decision: thresholds; only outputs that they define are added.
        names: names of the classes, (classes,).
    """

    def __init__(self, decision: Decision, names: tf.Variable) -> None:
        super().__init__()
        self.names = names
        self.accept_from = variable(decision.accept_from)
        self.include_from = variable(decision.include_from)
        self.label_from = variable(decision.label_from)

    def __call__(self, probabilities: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the outputs for probabilities (batch, classes).

        `accepted` is boolean (batch,). `label_set` and, if a text can have several labels, `labels` contain the names
        of labels (batch, classes), the most likely first, and empty strings after the last.
        """
        outputs = {}
        if self.accept_from is not None:
            outputs["accepted"] = tf.reduce_max(probabilities, axis=-1) >= self.accept_from
        if self.include_from is not None:
            outputs["label_set"] = self.names_from(self.include_from, probabilities)
        if self.label_from is not None:
            outputs["labels"] = self.names_from(self.label_from, probabilities)
        return outputs

    def names_from(self, least: tf.Variable, probabilities: tf.Tensor) -> tf.Tensor:
        """Returns the names of the labels with at least these probabilities (classes,), (batch, classes)."""
        included = probabilities >= least
        # Included labels first, each group by decreasing probability; the sort is stable
        order = tf.argsort(tf.where(included, -probabilities, 2 - probabilities), axis=-1, stable=True)
        return tf.gather(tf.where(included, self.names, ""), order, batch_dims=1)


def variable(value: float | tuple[float, ...] | None) -> tf.Variable | None:
    """Returns a variable for thresholds, or None without them."""
    return None if value is None else tf.Variable(tf.constant(value, tf.float32), trainable=False)
