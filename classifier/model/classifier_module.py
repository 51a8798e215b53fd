"""The whole classifier as one graph, as it is exported: strings in, probabilities out."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from classifier.encoders.scratch import ScratchEncoder
from classifier.model.batching import classify_texts
from classifier.model.explainer import Explainer
from classifier.model.keras_module import KerasModule
from classifier.model.mixture import Mixture
from classifier.model.ngram_model import NgramModel
from classifier.settings import BRANCHES
from classifier.tokenizers import Tokenizer


class PlainClassifier(KerasModule):
    """Tokenizer, encoder, n-gram model and the names of the labels in one graph, which classifies and no more.

    Args:
        encoder: ids (batch, tokens) to logits (batch, classes); called as a Keras model is.
        tokenizer: strings to words and to ids.
        label_names: by class.
        ngrams: words to logits; None: the encoder is alone.
        weights: of encoder and n-gram model in their `Mixture`, (2,).
    """

    def __init__(
        self,
        encoder: Any,
        tokenizer: Tokenizer,
        label_names: Sequence[str],
        ngrams: NgramModel | None = None,
        weights: np.ndarray | None = None,
    ) -> None:
        super().__init__(encoder)
        if (ngrams is None) != (weights is None):
            raise ValueError("An n-gram model needs the weights of the mixture, and they need it.")
        self.tokenizer = tokenizer
        self.ngrams = ngrams
        self.mixture = None if weights is None else Mixture(weights)
        self.classes = len(label_names)
        self.names = tf.Variable(tf.constant([name.encode() for name in label_names], tf.string), trainable=False)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def classify(self, text):
        """text (batch,) -> probabilities (batch, classes), label (batch,), score (batch,): that label's probability."""
        words = self.tokenizer.words(text)
        logits = self.encoder(self.tokenizer.padded(words), training=False)
        if self.ngrams and self.mixture:
            logits = self.mixture(logits, self.ngrams(words))
        probabilities = tf.nn.softmax(logits)
        label = tf.gather(self.names, tf.argmax(probabilities, axis=-1))
        return {"probabilities": probabilities, "label": label, "score": tf.reduce_max(probabilities, axis=-1)}

    @tf.function(input_signature=[])
    def label_names(self):
        """The label of each column of the probabilities, (classes,)."""
        return {"label_names": self.names.read_value()}

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities (texts, classes), float32, in the order of the texts."""
        with ThreadPoolExecutor(BRANCHES) as threads:
            return classify_texts(lambda batch: self.classify(batch)["probabilities"], texts, self.classes, threads)


class ClassifierModule(PlainClassifier):
    """What is exported: it classifies, and tells what it looked at.

    Args:
        encoder: with its tokenizer.
        label_names, ngrams, weights: see `PlainClassifier`.
    """

    def __init__(
        self,
        encoder: ScratchEncoder,
        label_names: Sequence[str],
        ngrams: NgramModel | None = None,
        weights: np.ndarray | None = None,
    ) -> None:
        super().__init__(encoder.model, encoder.tokenizer, label_names, ngrams, weights)
        self.explainer = Explainer(encoder, ngrams, self.mixture)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def explain(self, text):
        """text (batch,) -> as `classify`, and what it looked at: see `Explainer.looked_at`."""
        return {**self.classify(text), **self.explainer.looked_at(text)}

    def answers(self, texts: Sequence[bytes]) -> np.ndarray:
        """The numbers of `classify` and `explain` that `check_export` compares, in its order."""
        found = []
        for text in texts:
            watched = self.explain(tf.constant([text]))
            names = [name for name in sorted(watched) if watched[name].dtype == tf.float32 and name != "pooling_max"]
            found += [self.classify(tf.constant([text]))["probabilities"], *map(watched.get, names)]
        return np.concatenate([one.numpy().ravel() for one in found])
