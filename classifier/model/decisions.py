"""The decisions of a model in the graph."""

import tensorflow as tf

from classifier.settings import LabelSets
from classifier.tasks import Decision


class Decisions(tf.Module):
    """Adds outputs to the answers of a model: whether each is accepted, its label set, and its labels.

    Args:
        decision: thresholds; only outputs that they define are added.
        names: names of the classes, (classes,).
    """

    def __init__(self, decision: Decision, names: tf.Variable) -> None:
        super().__init__()
        self.names, self.label_sets_by = names, decision.label_sets_by
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
            scores = adaptive_scores(probabilities) if self.label_sets_by is LabelSets.aps else probabilities
            outputs["label_set"] = self.names_of(scores >= self.include_from, probabilities)
        if self.label_from is not None:
            outputs["labels"] = self.names_of(probabilities >= self.label_from, probabilities)
        return outputs

    def names_of(self, included: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
        """Returns the names of the included labels (batch, classes), (batch, classes)."""
        # Included labels first, each group by decreasing probability; the sort is stable
        order = tf.argsort(tf.where(included, -probabilities, 2 - probabilities), axis=-1, stable=True)
        return tf.gather(tf.where(included, self.names, ""), order, batch_dims=1)


def adaptive_scores(probabilities: tf.Tensor) -> tf.Tensor:
    """Returns the scores of adaptive label sets, (batch, classes); see `tasks.set_scores`."""
    order = tf.argsort(-probabilities, axis=-1, stable=True)
    ordered = tf.cast(tf.gather(probabilities, order, batch_dims=1), tf.float64)
    less_likely = tf.cumsum(ordered, axis=-1, exclusive=True, reverse=True)
    scores = tf.cast(ordered / 2 + less_likely, tf.float32)
    return tf.gather(scores, tf.argsort(order, axis=-1), batch_dims=1)


def variable(value: float | tuple[float, ...] | None) -> tf.Variable | None:
    """Returns a variable for thresholds, or None without them."""
    return None if value is None else tf.Variable(tf.constant(value, tf.float32), trainable=False)
