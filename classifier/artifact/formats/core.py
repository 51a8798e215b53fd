"""The part of a classifier after tokenization: from ids and features to probabilities."""

import numpy as np
import tensorflow as tf

from classifier.model.classifier_module import ClassifierModule
from classifier.model.none_logit import with_none

INPUTS = {"ids": tf.int32, "features": tf.int32, "values": tf.float32}


class Core(tf.Module):
    """Encoder, n-gram weights and mixture in one graph without variables, for ONNX and LiteRT.

    The inputs are `ids`, int32 of shape (batch, tokens), padded with 0; `features`, int32 of shape (batch, n-grams),
    the feature indices of the n-grams; and `values`, float32 of shape (batch, n-grams), their TF-IDF values, padded
    with 0. An encoder without n-grams has only the input `ids`. The sum over n-grams is the same as in
    `classifier.model.ngram_model`, but gathers rows, because neither format supports sparse tensors.

    Args:
        classifier: the trained model.
    """

    def __init__(self, classifier: ClassifierModule) -> None:
        super().__init__()
        names = list(INPUTS) if classifier.ngrams else ["ids"]
        self.signature = [tf.TensorSpec([None, None], INPUTS[name], name=name) for name in names]
        self.function = tf.function(
            numbers_to_probabilities(classifier), autograph=False, input_signature=self.signature
        )


def numbers_to_probabilities(classifier: ClassifierModule):
    """Returns the function of `Core`, with the current weights as constants, because converters may lose variables."""
    encoder, ngrams, mixture, task = classifier.encoder, classifier.ngrams, classifier.mixture, classifier.task
    weights, others = (
        [np.asarray(variable) for variable in variables]
        for variables in (encoder.trainable_variables, encoder.non_trainable_variables)
    )

    def encode(ids):
        constants = [tf.constant(weight) for weight in weights]
        return encoder.stateless_call(constants, others, ids, training=False)[0]

    if mixture is None:
        return lambda ids: {"probabilities": task.probabilities(encode(ids))}
    shares, shift = mixture.weights.numpy(), 0.0 if mixture.shift is None else mixture.shift.numpy()
    none = classifier.none_of_these

    def probabilities(logits, sums):
        """Returns probabilities from logits of the encoder, and those of the n-gram model times their weight."""
        if none is None:
            return task.probabilities(shares[0] * task.scores(logits) + sums + shift)
        weights, bias = (tf.constant(value, tf.float32) for value in (none.weights, none.bias))
        return task.probabilities(with_none(shares[0] * logits + sums, weights, bias, none.learned))

    if ngrams is None:
        return lambda ids: {"probabilities": probabilities(encode(ids), 0.0)}
    table, bias = ngrams.weights.numpy(), ngrams.bias.numpy()

    def classify(ids, features, values):
        rows = tf.gather(tf.constant(table), features)
        sums = tf.squeeze(tf.matmul(tf.expand_dims(values, 1), rows), axis=1) + bias
        return {"probabilities": probabilities(encode(ids), shares[1] * sums)}

    return classify
