"""The decisions of a model in the graph."""

import tensorflow as tf

from classifier.tasks import Decision


class Decisions(tf.Module):
    """Adds outputs to the answers of a model: whether each is accepted, and its label set.

    Args:
        decision: thresholds; only outputs that they define are added.
        names: names of the classes, (classes,).
    """

    def __init__(self, decision: Decision, names: tf.Variable) -> None:
        super().__init__()
        self.names = names
        accept, include = decision.accept_from, decision.include_from
        self.accept_from = None if accept is None else tf.Variable(tf.constant(accept, tf.float32), trainable=False)
        self.include_from = None if include is None else tf.Variable(tf.constant(include, tf.float32), trainable=False)

    def __call__(self, probabilities: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the outputs for probabilities (batch, classes).

        `accepted` is boolean (batch,). `label_set` contains the names of the labels (batch, classes), the most likely
        first, and empty strings after the last.
        """
        outputs = {}
        if self.accept_from is not None:
            outputs["accepted"] = tf.reduce_max(probabilities, axis=-1) >= self.accept_from
        if self.include_from is not None:
            included = probabilities >= self.include_from
            # Included labels first, each group by decreasing probability; the sort is stable
            order = tf.argsort(tf.where(included, -probabilities, 2 - probabilities), axis=-1, stable=True)
            names = tf.where(included, self.names, "")
            outputs["label_set"] = tf.gather(names, order, batch_dims=1)
        return outputs
