"""Fits the linear part on n-grams, and how much it and the encoder each have to say."""

import keras
import numpy as np

from classifier.layers import Mixture, NgramLinear
from classifier.training.batches import EncodedTexts, batches_in_order
from classifier.training.fit import Predictor

MOST_BUCKETS = 2**19
MOST_WEIGHTS = 2**26  # buckets x classes, 256 MB
INVERSE_REGULARIZATION = 10.0  # scikit-learn's C; TF-IDF vectors have length one
MOST_SHARE = 4.0  # of a part: a small validation split that is all right must not make it certain of everything
BATCH = 256


def fit_linear(
    texts: EncodedTexts, labels: np.ndarray, vocabulary_size: int, classes: int, sample_weights: np.ndarray
) -> NgramLinear:
    """The linear part, fitted by logistic regression on the very features that its layer computes.

    Args:
        texts, labels: the training examples; labels (texts,), each class at least once.
        vocabulary_size: token ids are below it.
        classes: number of labels.
        sample_weights: (texts,).
    """
    from sklearn.linear_model import LogisticRegression

    wanted = 1 << int(2 * max(1, len(texts.ids))).bit_length()
    buckets = min(wanted, MOST_BUCKETS, max(1, MOST_WEIGHTS // classes))
    layer = NgramLinear(vocabulary_size, buckets, classes, name="ngrams")
    layer.build((None, None))
    counts = feature_counts(layer, texts)
    met = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.where(met, np.log((1 + len(texts)) / (1 + met)) + 1, 0).astype(np.float32)
    idf[0] = 0  # padding
    tfidf = counts.multiply(idf).tocsr()
    occurrences = np.sqrt(np.maximum(counts @ (idf * idf), 1e-12))
    tfidf = tfidf.multiply(1 / occurrences[:, None]).tocsr().astype(np.float32)

    used = np.flatnonzero(met)
    if not len(used):  # no text has a token: nothing to learn from
        return layer
    regression = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=300, tol=1e-3)
    regression.fit(tfidf[:, used], labels, sample_weight=sample_weights)
    coefficients, bias = regression.coef_, regression.intercept_
    if classes == 2:  # scikit-learn keeps the second class alone
        coefficients, bias = np.vstack([-coefficients, coefficients]) / 2, np.array([-1, 1]) * bias / 2
    weights = np.zeros((len(idf), classes), np.float32)
    weights[used] = coefficients.T
    for variable, value in ((layer.idf, idf), (layer.ngram_embeddings, weights), (layer.bias, bias)):
        variable.assign(value)
    return layer


def feature_counts(layer: NgramLinear, texts: EncodedTexts):
    """How often each feature occurs in each text: sparse (texts, features)."""
    from scipy.sparse import csr_matrix

    rows, columns = [], []
    for batch in batches_in_order(np.argsort(texts.lengths, kind="stable"), BATCH):
        features = np.asarray(layer.features(texts.padded(batch)))
        row, column = np.nonzero(features)
        rows.append(batch[row])
        columns.append(features[row, column])
    row, column = np.concatenate(rows), np.concatenate(columns)
    shape = (len(texts), layer.vocabulary_size + layer.buckets)
    return csr_matrix((np.ones(len(row), np.float32), (row, column)), shape=shape)


def join(model: keras.Model, linear: NgramLinear, texts: EncodedTexts, labels: np.ndarray) -> keras.Model:
    """Encoder and linear part as one model; their weights are those of least log-loss on the validation examples.

    Args:
        model: ids to logits.
        linear: fitted.
        texts, labels: the validation examples.
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    ids = model.input
    parts = [log_softmax(Predictor(keras.Model(ids, part))(texts), axis=1) for part in (model.output, linear(ids))]
    right = np.arange(len(labels)), labels

    def log_loss(weights: np.ndarray) -> float:
        return -log_softmax(weights[0] * parts[0] + weights[1] * parts[1], axis=1)[right].mean()

    found = minimize(log_loss, x0=[0.5, 0.5], bounds=[(0, MOST_SHARE), (0, MOST_SHARE)]).x
    mixture = Mixture(name="mixture")
    joined = keras.Model(ids, mixture(model.output, linear(ids)), name="classifier")
    mixture.encoder_weight.assign(found[0])
    mixture.linear_weight.assign(found[1])
    return joined
