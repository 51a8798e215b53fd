"""The SavedModel with weights stored in half precision: half the size, and computations in float32."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from classifier.artifact.saving import save_module
from classifier.model.classifier_module import ClassifierModule, PlainClassifier
from classifier.model.ngram_model import NgramModel


class HalfEncoder(tf.Module):
    """An encoder whose weights are stored in half precision and converted to float32 in each call.

    Args:
        encoder: model from ids (batch, tokens) to logits (batch, classes), which is not changed.
        dtype: type of the stored weights.
    """

    def __init__(self, encoder: keras.Model, dtype: tf.DType) -> None:
        super().__init__()
        self.stored = [narrow(weight, dtype) for weight in encoder.trainable_variables]
        rest = [
            np.asarray(state) for state in encoder.non_trainable_variables
        ]  # seeds of dropout layers, which are not used here
        self.compute = lambda weights, ids: encoder.stateless_call(weights, rest, ids, training=False)[0]

    def __call__(self, ids, training=False):
        return self.compute([tf.cast(weight, tf.float32) for weight in self.stored], ids)


class HalfNgrams(NgramModel):
    """An n-gram model whose weights are stored in half precision.

    Args:
        ngrams: the n-gram model, which is not changed.
        dtype: type of the stored weights.
    """

    def __init__(self, ngrams: NgramModel, dtype: tf.DType) -> None:
        tf.Module.__init__(self)
        self.keys, self.bias = ngrams.keys, ngrams.bias
        self.idf, self.stored = ngrams.idf, narrow(ngrams.weights, dtype)

    @property
    def weights(self):  # pyright: ignore[reportIncompatibleVariableOverride]
        return tf.cast(self.stored, tf.float32)


def narrow(weight, dtype: tf.DType) -> tf.Variable:
    return tf.Variable(tf.cast(tf.convert_to_tensor(weight), dtype), trainable=False)


def write_halves(classifier: ClassifierModule, weights: str, folder: Path) -> None:
    """Writes the SavedModel, which classifies like the original but has no explanations.

    Args:
        classifier: the trained model.
        weights: float16 or bfloat16.
        folder: folder of the SavedModel.
    """
    dtype = tf.as_dtype(weights)
    half = PlainClassifier(
        HalfEncoder(classifier.encoder, dtype),
        classifier.tokenizer,
        [name.decode() for name in classifier.names.numpy()],
        HalfNgrams(classifier.ngrams, dtype) if classifier.ngrams else None,
        classifier.mixture.fitted if classifier.mixture else None,
        classifier.decision,
        classifier.task,
        classifier.none_of_these,
    )
    save_module(half, folder, {"serving_default": half.classify, "label_names": half.label_names})
    half.decision.write(folder)
    if half.none_of_these:
        half.none_of_these.write(folder)
