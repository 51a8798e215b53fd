"""Probabilities before calibration are those with all weights at 1; those after it are the model's."""

import numpy as np
import tensorflow as tf
from scipy.special import log_softmax, softmax
from small_model import TEXTS

from classifier.model.uncalibrated import before_and_after


def test_before_and_after_calibration(untrained):
    before, after = before_and_after(untrained, TEXTS)
    np.testing.assert_allclose(after, untrained.probabilities(TEXTS), atol=1e-6)
    encoder, ngrams = untrained.parts(untrained.tokenizer.words(tf.constant(TEXTS)))
    np.testing.assert_allclose(before, softmax(log_softmax(encoder.numpy(), axis=1) + ngrams, axis=1), atol=1e-5)
    assert np.abs(before - after).max() > 0.01
