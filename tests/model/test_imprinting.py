"""The final model with few texts per class: its class directions include the validation texts."""

import keras
import numpy as np
import tensorflow as tf

from classifier.data import Examples
from classifier.encoders.cosine_logits import CosineLogits
from classifier.encoders.encoder import Encoder
from classifier.model.imprinting import imprinted, with_validation
from classifier.tokenizers import WordTokenizer

TEXTS, LABELS = ["a b", "c", "b c a", "a"], np.array([0, 2, 2, 0])


def encoder_of(logits: keras.layers.Layer) -> Encoder:
    keras.utils.set_random_seed(3)
    tokenizer = WordTokenizer(max_tokens=5)
    tokenizer.learn(TEXTS * 2)
    ids = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(11, 7, name="embedding")(ids)
    vectors = keras.layers.Dropout(0.5, name="head_dropout")(keras.layers.GlobalAveragePooling1D()(states))
    return Encoder(keras.Model(ids, logits(vectors)), tokenizer)


def examples() -> Examples:
    return Examples(TEXTS, LABELS, ("x", "y", "z"), [f"valid:{row}" for row in range(len(TEXTS))])


def test_directions_are_means_weighted_by_texts():
    kernel = np.array([[3.0, 0.0], [0.0, 2.0]], np.float32).T
    found = imprinted(kernel, np.array([0, 0, 0, 1]), np.array([[0.0, 5.0], [7.0, 0.0]], np.float32), np.array([0, 0]))
    np.testing.assert_allclose(found[:, 0], np.array([4.0, 1.0]) / np.sqrt(17), rtol=1e-6)
    np.testing.assert_allclose(found[:, 1], [0.0, 1.0])


def test_a_class_without_texts_keeps_its_vector():
    kernel = np.array([[3.0, 4.0]], np.float32).T
    none = np.zeros(0, np.int64)
    np.testing.assert_array_equal(imprinted(kernel, none, np.zeros((0, 2), np.float32), none), kernel)


def test_the_final_encoder_is_nearer_to_validation_and_the_other_stays():
    encoder = encoder_of(CosineLogits(3, name="logits"))
    ids = encoder.tokenizer.padded(encoder.tokenizer.words(tf.constant(TEXTS)))
    before = encoder.model(ids).numpy()
    final = with_validation(encoder, np.array([0, 1, 2, 2]), examples())
    rows = np.arange(len(TEXTS))
    assert (final.model(ids).numpy()[rows, LABELS] > before[rows, LABELS]).all()
    np.testing.assert_allclose(final.model(ids).numpy()[:, 1], before[:, 1], rtol=1e-5)
    np.testing.assert_array_equal(encoder.model(ids).numpy(), before)


def test_other_logits_stay():
    encoder = encoder_of(keras.layers.Dense(3, name="logits"))
    assert with_validation(encoder, np.array([0, 1, 2]), examples()) is encoder
