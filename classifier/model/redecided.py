"""A loaded model with other decisions: the same graph from strings to probabilities, without Keras."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from classifier.model.classifier_module import ClassifierModule
from classifier.model.decisions import Decisions
from classifier.tasks import Decision, NoneOfThese

DECIDED = frozenset({"accepted", "label_set", "labels"})  # outputs that depend on the decisions


class Redecided(tf.Module):
    """Calls the functions of a loaded model, and replaces the outputs of its decisions.

    Args:
        loaded: the loaded SavedModel; if it is a `Redecided` itself, its original takes its place.
        decision: the new thresholds.
        none_of_these: how the model recognizes texts of none of the other classes, if it does.
    """

    def __init__(self, loaded: Any, decision: Decision, none_of_these: NoneOfThese | None = None) -> None:
        super().__init__()
        self.none_of_these = none_of_these
        self.original = getattr(loaded, "original", loaded)
        self.explainer = self.original.explainer  # where `SavedExplainer` looks for it
        names = self.original.label_names()["label_names"]
        self.names = tf.Variable(names, trainable=False)
        self.decision, self.decisions = decision, Decisions(decision, self.names)

    def decided(self, answer: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the outputs of the original with the new decisions in place of its own."""
        kept = {name: output for name, output in answer.items() if name not in DECIDED}
        return {**kept, **self.decisions(answer["probabilities"])}

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def classify(self, text):
        """As `PlainClassifier.classify`."""
        return self.decided(self.original.classify(text))

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def explain(self, text):
        """As `ClassifierModule.explain`."""
        return self.decided(self.original.explain(text))

    @tf.function(autograph=False, input_signature=[])
    def label_names(self):
        """As `PlainClassifier.label_names`."""
        return {"label_names": self.names.read_value()}

    def answers(self, texts: Sequence[bytes]) -> np.ndarray:
        """As `ClassifierModule.answers`."""
        return ClassifierModule.answers(self, texts)  # pyright: ignore[reportArgumentType]  # needs these functions only
