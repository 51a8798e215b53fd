"""The complete model: padding and other texts have no effect, any text is accepted, and it can be saved."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies

from classifier.attention import MultiHeadAttention
from classifier.encoders import ConcatPooling, MeanPooling
from classifier.encoders.encoder import Encoder
from classifier.encoders.scratch import build_classifier
from classifier.settings import Block, Normalize, Positions, ScratchSettings

VOCABULARY, MAX_TOKENS, CLASSES = 23, 11, 3
TEXT = strategies.lists(strategies.integers(1, VOCABULARY - 1), max_size=7)
KINDS = {
    "default": {},
    "after": {"normalize": Normalize.after},
    "no positions": {"positions": Positions.none},
    "no blocks": {"depth": 0},
    "keras-nlp": {"block": Block.keras_nlp},
    "sinusoidal": {"positions": Positions.sinusoidal},
}


def build(pooling=None, **changes):
    keras.utils.set_random_seed(0)
    tiny = {"depth": 2, "width": 12, "intermediate_dim": 17, **changes}
    attention = lambda: MultiHeadAttention(3, name="attention")  # noqa: E731
    return build_classifier(
        ScratchSettings(**tiny), attention, pooling or ConcatPooling(name="pooling"), VOCABULARY, MAX_TOKENS, CLASSES
    )


def compiled(model):
    return tf.function(model, input_signature=[tf.TensorSpec([None, None], tf.int32)])


def padded(texts, columns=0):
    columns = max([1, columns, *map(len, texts)])
    return np.array([text + [0] * (columns - len(text)) for text in texts], np.int32)


@pytest.fixture(scope="module", params=KINDS.values(), ids=KINDS.keys())
def model(request):
    return build(**request.param)


@pytest.fixture(scope="module")
def logits_of(model):
    return compiled(model)


@given(text=TEXT, others=strategies.lists(TEXT, max_size=4), columns=strategies.integers(0, MAX_TOKENS))
@settings(deadline=None, max_examples=25)
def test_padding_and_other_rows_never_matter(logits_of, text, others, columns):
    alone = logits_of(padded([text]))
    among = logits_of(padded([*others, text], columns))
    assert alone.shape == (1, CLASSES) and alone.dtype == tf.float32
    assert np.isfinite(among).all()  # also for empty texts
    np.testing.assert_allclose(among[-1], alone[0], atol=1e-5)


def test_shape_is_foreseen(model):
    assert model.input_shape == (None, None)
    assert model.output_shape == (None, CLASSES)


def test_save_and_load(model, tmp_path):
    ids = padded([[5, 6, 1], []])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(ids), model(ids))
    assert [weight.shape for weight in loaded.trainable_weights] == [weight.shape for weight in model.trainable_weights]


def test_order_matters_with_positions_and_only_then():
    forth, back = padded([[2, 3, 4]]), padded([[4, 3, 2]])
    ordered, bag = build(MeanPooling()), build(MeanPooling(), positions=Positions.none)
    assert np.abs(ordered(forth) - ordered(back)).max() > 1e-4
    np.testing.assert_allclose(bag(forth), bag(back), atol=1e-5)


def test_training_is_noisy_and_reaches_every_weight(model):
    ids = padded([[5, 6, 7, 8], [9, 2]])
    assert np.abs(model(ids, training=True) - model(ids, training=True)).max() > 1e-4
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(model(ids, training=True)))
    gradients = tape.gradient(loss, model.trainable_variables)
    assert all(gradient is not None for gradient in gradients)


def test_depth_and_names():
    names = [layer.name for layer in build(depth=2).layers]
    assert [name for name in names if name.startswith("block")] == ["block_0", "block_1"]
    assert "final_norm" in names and names[-1] == "logits"
    assert "final_norm" not in [layer.name for layer in build(normalize=Normalize.after).layers]


def test_explained_is_the_same_answer_with_what_it_looked_at(model):
    ids = padded([[5, 6, 7, 8], [9, 2], []])
    encoder = Encoder(model, tokenizer=None)
    found = encoder.watch(encoder.embed(ids), ids != 0)
    np.testing.assert_allclose(found.logits, model(ids), atol=1e-5)
    assert len(found.attention) == sum(layer.name.startswith("block_") for layer in model.layers)
    for weights in found.attention:
        assert weights.shape == (3, 3, 4, 4)
        by_query = np.transpose(weights, (0, 2, 1, 3))[ids != 0]  # KerasNLP has no attention for queries of padding
        np.testing.assert_allclose(by_query.sum(axis=-1), 1, atol=1e-5)
    assert set(found.pooling) == {"additive", "mean", "max"}
    assert all(weights.shape == (3, 4) for weights in found.pooling.values())
