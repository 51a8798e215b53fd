"""Initializes the last layer before a pretrained encoder is fine-tuned."""

import warnings

import keras
import numpy as np

from classifier.encoders.cosine_logits import CosineLogits, unit
from classifier.training.batches import EncodedTexts
from classifier.training.predictor import Predictor

MOST_TEXTS = 5000  # maximum number of texts that the regression is fitted on
INVERSE_REGULARIZATION = 1.0  # scikit-learn's C


def fit_last_layer(
    vectors: keras.Model,
    model: keras.Model,
    texts: EncodedTexts,
    labels: np.ndarray,
    class_weights: np.ndarray,
    seed: int,
) -> None:
    """Fits the layer `logits` on the vectors that it receives, before any training.

    A random last layer would first pull the encoder in random directions (Kumar et al. 2022, "Fine-tuning can distort
    pretrained features and underperform out-of-distribution", section 3.4).

    Args:
        vectors: model from texts to the inputs of the last layer, (batch, width).
        model: model whose last layer is `logits`.
        texts: training texts.
        labels: integers (texts,).
        class_weights: loss weight of each class, (classes,).
        seed: seed of the sample if there are more than MOST_TEXTS.
    """
    predict, layer = Predictor(vectors), model.get_layer("logits")
    if isinstance(layer, CosineLogits):
        fit_class_means(layer, predict(texts), labels)
        return
    chosen = np.arange(len(texts))
    if len(chosen) > MOST_TEXTS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(texts), MOST_TEXTS, replace=False))
    fit_linear_probe(layer, predict(texts.subset(chosen)), labels[chosen], class_weights)


def fit_class_means(layer: CosineLogits, inputs: np.ndarray, labels: np.ndarray) -> None:
    """Sets the vector of each class to the mean direction of its inputs (Snell et al. 2017, equation 1)."""
    directions, kernel = unit(inputs), layer.kernel.numpy()
    for label in np.unique(labels):
        kernel[:, label] = unit(directions[labels == label].mean(axis=0))
    layer.set_weights([kernel])


def fit_linear_probe(
    layer: keras.layers.Dense, inputs: np.ndarray, labels: np.ndarray, class_weights: np.ndarray
) -> None:
    """Sets the weights of the layer to those of a logistic regression; with a single class, they stay as they are."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    present = np.unique(labels)
    if len(present) < 2:
        return
    regression = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression.fit(inputs, labels, class_weights[labels])
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy()
    weights, offsets = regression.coef_, regression.intercept_
    if len(present) == 2:  # scikit-learn returns only the weights of the second class
        weights, offsets = np.concatenate([-weights, weights]) / 2, np.concatenate([-offsets, offsets]) / 2
    kernel[:, present], bias[present] = weights.T, offsets
    layer.set_weights([kernel, bias])
