"""Computes the logits of a model for many texts, in batches of similar length."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import tensorflow as tf

from classifier.settings import BRANCHES
from classifier.training.batches import EncodedTexts, batches_in_order

PREDICT_TOKENS = 16_384  # tokens per batch, including padding


class Predictor:
    """Computes the logits of a model for many texts; the graph is traced once.

    Args:
        model: model from ids (batch, tokens), or states (batch, tokens, width), to logits (batch, classes).
    """

    def __init__(self, model: keras.Model) -> None:
        self.classes = model.output_shape[-1]
        self.forward = tf.function(
            lambda ids: model(ids, training=False),
            autograph=False,
            input_signature=[tf.TensorSpec(model.input.shape, model.input.dtype)],
        )

    @property
    def graph(self) -> tf.Graph:
        """The TensorFlow graph from ids to logits."""
        return self.forward.get_concrete_function().graph

    def __call__(self, texts: EncodedTexts) -> np.ndarray:
        """Returns logits (texts, classes) in the order of the texts, computed in batches of similar length."""
        logits = np.zeros((len(texts), self.classes), np.float32)
        order = np.argsort(texts.lengths, kind="stable")
        longest = max(1, int(texts.lengths.max(initial=0)))
        batches = list(batches_in_order(order, max(1, PREDICT_TOKENS // longest)))
        with ThreadPoolExecutor(BRANCHES) as threads:
            for batch, found in zip(
                batches, threads.map(lambda one: self.forward(texts.padded(one)), batches), strict=True
            ):
                logits[batch] = found.numpy()
        return logits
