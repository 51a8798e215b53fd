"""What is left of a classifier where texts are tokenised by another program: numbers in, probabilities out."""

import numpy as np
import tensorflow as tf

from classifier.model.classifier_module import ClassifierModule

INPUTS = {"ids": tf.int32, "features": tf.int32, "values": tf.float32}


class Core(tf.Module):
    """Encoder, weights of the n-grams and their mixture in one graph without variables, for ONNX and LiteRT.

    ids: int32 (batch, tokens), zero-padded; features: int32 (batch, n-grams), a text's n-grams as places among the
    features; values: float32 (batch, n-grams), TF-IDF, 0 where padded. An encoder alone takes `ids` alone.
    The sum over n-grams is that of `classifier.model.ngram_model`, gathered instead of sparse: neither format has
    sparse tensors.

    Args:
        classifier: whose parts these are.
    """

    def __init__(self, classifier: ClassifierModule) -> None:
        super().__init__()
        names = list(INPUTS) if classifier.ngrams else ["ids"]
        self.signature = [tf.TensorSpec([None, None], INPUTS[name], name=name) for name in names]
        self.function = tf.function(numbers_to_probabilities(classifier), input_signature=self.signature)


def numbers_to_probabilities(classifier: ClassifierModule):
    """The function of `Core`; what its weights are now they stay, since a converter may lose a variable's value."""
    encoder, ngrams, mixture = classifier.encoder, classifier.ngrams, classifier.mixture
    weights, others = (
        [np.asarray(variable) for variable in variables]
        for variables in (encoder.trainable_variables, encoder.non_trainable_variables)
    )

    def encode(ids):
        constants = [tf.constant(weight) for weight in weights]
        return encoder.stateless_call(constants, others, ids, training=False)[0]

    if ngrams is None or mixture is None:
        return lambda ids: {"probabilities": tf.nn.softmax(encode(ids))}
    table, bias, shares = (variable.numpy() for variable in (ngrams.weights, ngrams.bias, mixture.weights))

    def classify(ids, features, values):
        rows = tf.gather(tf.constant(table), features)
        sums = tf.squeeze(tf.matmul(tf.expand_dims(values, 1), rows), axis=1) + bias
        logits = shares[0] * tf.nn.log_softmax(encode(ids)) + shares[1] * sums
        return {"probabilities": tf.nn.softmax(logits)}

    return classify
