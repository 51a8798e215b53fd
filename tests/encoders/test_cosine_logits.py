"""Logits that are cosines: the common routine, and NumPy."""

import numpy as np
from check_layer import BATCH, WIDTH, check_layer

from classifier.encoders.cosine_logits import CosineLogits

CLASSES = 7


def test_layer(tmp_path):
    check_layer(CosineLogits(CLASSES), lambda layer, states, mask: layer(states), tmp_path)


def test_they_are_scaled_cosines_whatever_the_lengths():
    random = np.random.default_rng(2)
    layer, vectors = CosineLogits(CLASSES, scale=11.0), random.normal(size=(BATCH, WIDTH)).astype(np.float32)
    layer.build(vectors.shape)
    kernel = layer.kernel.numpy()
    lengths = np.outer(np.linalg.norm(vectors, axis=1), np.linalg.norm(kernel, axis=0))
    np.testing.assert_allclose(layer(vectors), 11 * vectors @ kernel / lengths, rtol=1e-4)
    layer.kernel.assign(kernel * 3)
    np.testing.assert_allclose(layer(vectors * 5), 11 * vectors @ kernel / lengths, rtol=1e-4)
    np.testing.assert_array_equal(layer(np.zeros((1, WIDTH), np.float32)), np.zeros((1, CLASSES)))
