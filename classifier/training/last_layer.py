"""Initializes the last layer before a pretrained encoder is fine-tuned."""

import warnings

import keras
import numpy as np

from classifier.encoders.cosine_logits import CosineLogits, unit
from classifier.tasks import Task
from classifier.training.batches import EncodedTexts
from classifier.training.predictor import Predictor
from classifier.training.targets import as_labels

MOST_TEXTS = 5000  # maximum number of texts that the regression is fitted on
INVERSE_REGULARIZATION = 1.0  # scikit-learn's C


def fit_last_layer(
    task: Task,
    vectors: keras.Model,
    model: keras.Model,
    texts: EncodedTexts,
    targets: np.ndarray,
    class_weights: np.ndarray,
    seed: int,
) -> None:
    """Fits the layer `logits` on the vectors that it receives, before any training.

    A random last layer would first pull the encoder in random directions (Kumar et al. 2022, "Fine-tuning can distort
    pretrained features and underperform out-of-distribution", section 3.4).

    Args:
        task: what an answer is.
        vectors: model from texts to the inputs of the last layer, (batch, width).
        model: model whose last layer is `logits`.
        texts: training texts.
        targets: targets of the texts; see `classifier.training.targets`.
        class_weights: loss weight of each class, (classes,).
        seed: seed of the sample if there are more than MOST_TEXTS.
    """
    predict, layer = Predictor(vectors), model.get_layer("logits")
    if isinstance(layer, CosineLogits):
        fit_class_means(layer, predict(texts), as_labels(targets))
        return
    chosen = np.arange(len(texts))
    if len(chosen) > MOST_TEXTS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(texts), MOST_TEXTS, replace=False))
    inputs, targets = predict(texts.subset(chosen)), targets[chosen]
    if task.several:
        fit_by_class(layer, inputs, targets > 0.5)
    else:
        fit_linear_probe(layer, inputs, as_labels(targets), class_weights)


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
    present = np.unique(labels)
    if len(present) < 2:
        return
    regression = fitted_regression(inputs, labels, class_weights[labels])
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy()
    weights, offsets = regression.coef_, regression.intercept_
    if len(present) == 2:  # scikit-learn returns only the weights of the second class
        weights, offsets = np.concatenate([-weights, weights]) / 2, np.concatenate([-offsets, offsets]) / 2
    kernel[:, present], bias[present] = weights.T, offsets
    layer.set_weights([kernel, bias])


def fit_by_class(layer: keras.layers.Dense, inputs: np.ndarray, truth: np.ndarray) -> None:
    """Sets the weights of the layer to those of a logistic regression for each class.

    Args:
        layer: the layer.
        inputs: its inputs, (texts, width).
        truth: whether each text has each label, (texts, classes).
    """
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy()
    for column in np.flatnonzero(truth.any(axis=0) & ~truth.all(axis=0)):
        regression = fitted_regression(inputs, truth[:, column], None)
        kernel[:, column], bias[column] = regression.coef_[0], regression.intercept_[0]
    layer.set_weights([kernel, bias])


def fitted_regression(inputs: np.ndarray, labels: np.ndarray, sample_weights: np.ndarray | None):
    """Fits scikit-learn's logistic regression to inputs (texts, width) and labels (texts,)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    regression = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return regression.fit(inputs, labels, sample_weights)
