"""AdamW updates dense weights as in Keras, and only those rows of an embedding that have a gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.encoders import TokenAndPositionEmbedding
from classifier.training.adamw import AdamW
from classifier.training.optimization import WarmupDecay, spare_from_decay

ROWS, WIDTH = 7, 3
SHAPES = {"kernel": (5, WIDTH), "bias": (WIDTH,), "gamma": (5, 1)}
EXACT = {"learning_rate": 0.05, "beta_1": 0.875, "beta_2": 0.75}  # 1 - beta is exact; its rounding would differ
OPTIONS = {
    "plain": {},
    "decay": {"weight_decay": 0.3},
    "betas": {"beta_1": 0.5, "beta_2": 0.96875, "epsilon": 1e-3},
    "global_clipnorm": {"weight_decay": 0.3, "global_clipnorm": 0.7},
    "clipnorm": {"clipnorm": 0.5},
    "clipvalue": {"clipvalue": 0.1},
    "amsgrad": {"amsgrad": True},
    "schedule": {"learning_rate": WarmupDecay(0.1, 11, 3, "cosine")},
}


def variables(seed: int = 0) -> list[keras.Variable]:
    random = np.random.default_rng(seed)
    return [keras.Variable(random.normal(size=shape).astype(np.float32), name=name) for name, shape in SHAPES.items()]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_dense_weights_move_as_with_keras(options):
    options = {**EXACT, **options}
    ours, theirs = spare_from_decay(AdamW(**options)), spare_from_decay(keras.optimizers.AdamW(**options))
    mine, others = variables(), variables()
    random = np.random.default_rng(1)
    for step in range(7):
        scale = (
            0.01 if step in (3, 5) else 1.0
        )  # small gradients after large gradients, and gradients that are not clipped
        gradients = [tf.constant(scale * random.normal(size=one.shape), tf.float32) for one in mine]
        ours.apply(gradients, mine)
        theirs.apply(gradients, others)
        for one, other in zip(mine, others, strict=True):
            np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-6)
    for one, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-6)


def test_with_the_betas_of_the_paper_they_move_as_with_keras_but_for_rounding():
    """float32 represents 1 - 0.999 with five digits, but Keras computes it in float64."""
    ours, theirs, mine, others = AdamW(0.05), keras.optimizers.AdamW(0.05), variables(), variables()
    random = np.random.default_rng(1)
    for _ in range(7):
        gradients = [tf.constant(random.normal(size=one.shape), tf.float32) for one in mine]
        ours.apply(gradients, mine)
        theirs.apply(gradients, others)
    for one, other, start in zip(mine, others, variables(), strict=True):
        np.testing.assert_allclose(one.numpy() - start.numpy(), other.numpy() - start.numpy(), rtol=1e-3, atol=1e-5)


def test_only_what_is_not_spared_decays():
    mine = variables()
    before = {one.name: one.numpy() for one in mine}
    spare_from_decay(AdamW(0.1, weight_decay=0.5)).apply([tf.zeros(one.shape) for one in mine], mine)
    after = {one.name: one.numpy() for one in mine}
    np.testing.assert_allclose(after["kernel"], 0.95 * before["kernel"], rtol=1e-6)
    np.testing.assert_array_equal(after["bias"], before["bias"])
    np.testing.assert_array_equal(after["gamma"], before["gamma"])


def table(seed: int = 0) -> keras.Variable:
    return keras.Variable(np.random.default_rng(seed).normal(size=(ROWS, WIDTH)).astype(np.float32), name="embeddings")


def slices(rows: list[int], seed: int) -> tf.IndexedSlices:
    values = np.random.default_rng(seed).normal(size=(len(rows), WIDTH)).astype(np.float32)
    return tf.IndexedSlices(tf.constant(values), tf.constant(rows, tf.int32), tf.constant([ROWS, WIDTH]))


def dense(gradient: tf.IndexedSlices) -> tf.Tensor:
    """Returns the dense gradient, in which repeated rows are summed."""
    whole = np.zeros((ROWS, WIDTH), np.float32)
    np.add.at(whole, gradient.indices.numpy(), gradient.values.numpy())
    return tf.constant(whole)


rows_of_a_batch = st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=11)
quick = settings(deadline=None, max_examples=20, derandomize=True)


@pytest.mark.parametrize("options", [{}, {"global_clipnorm": 0.7}], ids=["plain", "clipped"])
@given(rows=rows_of_a_batch, seed=st.integers(0, 99))
@quick
def test_the_first_step_of_an_embedding_is_that_of_keras_and_other_rows_rest(options, rows, seed):
    ours, theirs, mine, other = AdamW(0.05, 0, **options), keras.optimizers.AdamW(0.05, 0, **options), table(), table()
    ours.apply([slices(rows, seed)], [mine])
    theirs.apply([dense(slices(rows, seed))], [other])
    np.testing.assert_allclose(mine.numpy(), other.numpy(), atol=1e-6)
    resting = sorted(set(range(ROWS)) - set(rows))
    np.testing.assert_array_equal(mine.numpy()[resting], table().numpy()[resting])


@given(batches=st.lists(rows_of_a_batch, min_size=2, max_size=5))
@quick
def test_rows_that_are_not_met_rest_and_rows_of_every_batch_move_as_with_keras(batches):
    ours, theirs, mine, other = AdamW(0.05, 0), keras.optimizers.AdamW(0.05, 0), table(), table()
    for step, rows in enumerate(batches):
        before = mine.numpy()
        ours.apply([slices(rows, step)], [mine])
        theirs.apply([dense(slices(rows, step))], [other])
        resting = sorted(set(range(ROWS)) - set(rows))
        np.testing.assert_array_equal(mine.numpy()[resting], before[resting])
    always = sorted(set.intersection(*map(set, batches)))
    np.testing.assert_allclose(mine.numpy()[always], other.numpy()[always], atol=1e-6)


def test_repeated_rows_are_summed():
    once, often = table(), table()
    gradient = slices([5, 2, 5, 5], 3)
    values = gradient.values.numpy()
    total = tf.IndexedSlices(tf.stack([values[1], values[0] + values[2] + values[3]]), tf.constant([2, 5]))
    for one, variable in ((gradient, often), (total, once)):
        optimizer = AdamW(0.05, 0)
        for _ in range(3):
            optimizer.apply([one], [variable])
    np.testing.assert_allclose(often.numpy(), once.numpy(), atol=1e-6)


def test_one_norm_is_shared_by_embedding_and_dense_weights():
    """The contribution of the embedding to the norm is that of the sums of its rows."""
    ours, theirs = (one(0.05, 0, epsilon=0.1, global_clipnorm=0.3) for one in (AdamW, keras.optimizers.AdamW))
    mine, others = [table(), *variables()], [table(), *variables()]
    rest = [tf.ones(one.shape) for one in mine[1:]]
    ours.apply([slices([1, 4, 4], 5), *rest], mine)
    theirs.apply([dense(slices([1, 4, 4], 5)), *rest], others)
    for one, other in zip(mine, others, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-6)


def test_in_a_graph_the_tokens_that_a_batch_does_not_hold_rest():
    layer, optimizer = TokenAndPositionEmbedding(11, 5, WIDTH, "learned"), AdamW(0.1, 0, global_clipnorm=1.0)
    layer.build((None, None))
    optimizer.build(layer.trainable_variables)

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def step(ids):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sin(layer(ids)))
        optimizer.apply(tape.gradient(loss, layer.trainable_variables), layer.trainable_variables)

    (tokens,) = (one for one in layer.trainable_variables if one.shape[0] == 11)
    step(np.array([[2, 3, 5], [7, 3, 3]], np.int32))
    before = tokens.numpy()
    step(np.array([[3, 3], [5, 9]], np.int32))
    assert np.flatnonzero((tokens.numpy() != before).any(axis=1)).tolist() == [3, 5, 9]


def test_round_trip():
    optimizer = AdamW(WarmupDecay(0.003, 110, 10, "cosine"), 0.02, beta_1=0.8, global_clipnorm=1.5)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert type(copy) is AdamW
    assert copy.get_config() == optimizer.get_config()


def test_a_state_that_is_put_back_goes_on_the_same():
    whole, first, second = AdamW(0.05), AdamW(0.05), AdamW(0.05)
    one, other = [table(), *variables()], [table(), *variables()]
    gradients = [[slices([1, step], step), *(tf.ones(part.shape) for part in one[1:])] for step in range(4)]
    for gradient in gradients:
        whole.apply(gradient, one)
    for gradient in gradients[:2]:
        first.apply(gradient, other)
    second.build(other)
    for mine, kept in zip(second.variables, first.variables, strict=True):
        mine.assign(kept)
    for gradient in gradients[2:]:
        second.apply(gradient, other)
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
