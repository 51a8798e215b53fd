"""The complete classifier as a graph from strings to probabilities, which is exported."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from classifier.encoders.encoder import Encoder
from classifier.model.batching import classify_texts
from classifier.model.decisions import Decisions
from classifier.model.explainer import Explainer
from classifier.model.keras_module import KerasModule
from classifier.model.mixing import Weights
from classifier.model.mixture import Mixture
from classifier.model.ngram_model import NgramModel
from classifier.model.none_logit import NoneLogit
from classifier.settings import BRANCHES
from classifier.tasks import NO_DECISION, Decision, NoneOfThese, Task, make_task
from classifier.tokenizers import Tokenizer


class PlainClassifier(KerasModule):
    """Tokenizer, encoder, n-gram model and label names in one graph, without explanations.

    Args:
        encoder: callable with the interface of a Keras model, from ids (batch, tokens) to logits (batch, classes).
        tokenizer: tokenizer of the encoder.
        label_names: names of the classes.
        ngrams: n-gram model, or None.
        weights: weights of encoder and n-gram model in the `Mixture`.
        decision: thresholds by which the model decides on its answers.
        task: what an answer is.
        none_of_these: how the last class is recognized, if it is that of texts of none of the others.
    """

    def __init__(
        self,
        encoder: Any,
        tokenizer: Tokenizer,
        label_names: Sequence[str],
        ngrams: NgramModel | None = None,
        weights: Weights | None = None,
        decision: Decision = NO_DECISION,
        task: Task | None = None,
        none_of_these: NoneOfThese | None = None,
    ) -> None:
        super().__init__(encoder)
        if ngrams is not None and weights is None:
            raise ValueError("An n-gram model needs the weights of the mixture.")
        if none_of_these is not None and weights is None:
            raise ValueError("The class of none of these needs the weights of the mixture.")
        self.tokenizer = tokenizer
        self.ngrams = ngrams
        self.task = task or make_task(several=False)
        self.mixture = None if weights is None else Mixture(weights, self.task)
        self.classes = len(label_names)
        self.names = tf.Variable(tf.constant([name.encode() for name in label_names], tf.string), trainable=False)
        self.none_of_these = none_of_these
        self.none_logit = None if none_of_these is None else NoneLogit(none_of_these)
        self.decision, self.decisions = decision, Decisions(decision, self.names)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def classify(self, text):
        """text (batch,) -> probabilities (batch, classes), label (batch,), score (batch,): that label's probability.

        Models that decide on their answers have more outputs: see `Decisions`.
        """
        return self.answer(self.tokenizer.words(text))

    def answer(self, words: tf.RaggedTensor) -> dict[str, tf.Tensor]:
        """Words (batch, words) -> what `classify` returns."""
        return self.answer_of(*self.parts(words))

    def parts(self, words: tf.RaggedTensor) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Words (batch, words) -> logits (batch, classes) of the encoder, and of the n-gram model if there is one."""
        logits = self.encoder(self.tokenizer.padded(words), training=False)
        return logits, self.ngrams(self.tokenizer.bare(words)) if self.ngrams else None

    def answer_of(self, logits: tf.Tensor, ngram_logits: tf.Tensor | None) -> dict[str, tf.Tensor]:
        """Logits of the `parts` -> what `classify` returns."""
        if self.mixture:
            if self.none_logit:
                logits = self.none_logit(self.mixture.unnormalized(logits, ngram_logits))
            else:
                logits = self.mixture(logits, ngram_logits)
        probabilities = self.task.probabilities(logits)
        label = tf.gather(self.names, tf.argmax(probabilities, axis=-1))
        answer = {"probabilities": probabilities, "label": label, "score": tf.reduce_max(probabilities, axis=-1)}
        return {**answer, **self.decisions(probabilities)}

    @tf.function(autograph=False, input_signature=[])
    def label_names(self):
        """Returns the labels of the columns of the probabilities, of shape (classes,)."""
        return {"label_names": self.names.read_value()}

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Returns probabilities (texts, classes) in float32, in the order of the texts."""
        with ThreadPoolExecutor(BRANCHES) as threads:
            return classify_texts(lambda batch: self.classify(batch)["probabilities"], texts, self.classes, threads)


class ClassifierModule(PlainClassifier):
    """The exported module, with classification and explanations.

    Args:
        encoder: encoder with its tokenizer.
        label_names, ngrams, weights, decision, task, none_of_these: see `PlainClassifier`.
    """

    def __init__(
        self,
        encoder: Encoder,
        label_names: Sequence[str],
        ngrams: NgramModel | None = None,
        weights: Weights | None = None,
        decision: Decision = NO_DECISION,
        task: Task | None = None,
        none_of_these: NoneOfThese | None = None,
    ) -> None:
        super().__init__(encoder.model, encoder.tokenizer, label_names, ngrams, weights, decision, task, none_of_these)
        self.explainer = Explainer(encoder, ngrams, self.mixture, self.task)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def explain(self, text):
        """text (batch,) -> as `classify`, and what it looked at: see `Explainer.looked_at`."""
        words = self.tokenizer.words(text)
        return {**self.answer(words), **self.explainer.looked_at(words)}

    def answers(self, texts: Sequence[bytes]) -> np.ndarray:
        """Returns the numbers of `classify` and `explain` that `check_export` compares, in the same order."""
        found = []
        for text in texts:
            watched = self.explain(tf.constant([text]))
            names = [name for name in sorted(watched) if watched[name].dtype == tf.float32 and name != "pooling_max"]
            found += [self.classify(tf.constant([text]))["probabilities"], *map(watched.get, names)]
        return np.concatenate([one.numpy().ravel() for one in found])
