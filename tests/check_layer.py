"""A routine that tests all layers in the same way, so that the test of a layer consists mostly of data."""

import keras
import numpy as np
import tensorflow as tf

BATCH, TOKENS, WIDTH, HEADS, VOCABULARY = 2, 5, 12, 3, 17  # primes where possible, to detect swapped axes
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)


def check_layer(layer, call, tmp_path, of_ids=False, per_token=True, without_gradient=()):
    """Builds, calls, saves, loads and trains the layer; checks its shape, its padding and its gradients.

    Args:
        layer: not built yet.
        call: function from layer, states or ids (batch, tokens, ...) and mask (batch, tokens) to the output.
        tmp_path: folder for temporary files.
        of_ids: whether it takes token ids instead of states.
        per_token: whether its output has an axis of tokens, (batch, tokens, ...).
        without_gradient: suffixes of the names of weights whose gradient is always zero.
    """
    keras.utils.set_random_seed(7)
    model = model_of(layer, call, of_ids)
    for weight in model.trainable_variables:  # initial zeros would lead to zero gradients
        weight.assign(keras.random.normal(weight.shape, stddev=0.3))
    inputs = example(of_ids)
    outputs = model(inputs).numpy()
    check_shape(model, outputs, inputs)
    check_padding(model, inputs, outputs, per_token)
    check_saving(model, layer, inputs, outputs, tmp_path)
    if model.trainable_variables:
        check_training(model, inputs, per_token, without_gradient)


def model_of(layer, call, of_ids):
    """Returns the layer as a functional model of [states or ids, mask]."""
    source = keras.Input((None,), dtype="int32") if of_ids else keras.Input((None, WIDTH))
    mask = keras.Input((None,), dtype="bool")
    return keras.Model([source, mask], call(layer, source, mask))


def example(of_ids):
    random = np.random.default_rng(3)
    if of_ids:
        source = random.integers(1, VOCABULARY, (BATCH, TOKENS)).astype(np.int32) * MASK
    else:
        source = random.normal(size=(BATCH, TOKENS, WIDTH)).astype(np.float32)
    return [source, MASK]


def check_shape(model, outputs, inputs):
    """The shape that Keras computes is the actual shape."""
    sizes = iter(inputs[0].shape)
    foreseen = [next(sizes) if size is None else size for size in model.output_shape]
    assert list(outputs.shape) == foreseen
    assert np.isfinite(outputs).all()


def check_padding(model, inputs, outputs, per_token):
    """Content and amount of padding have no effect on real tokens."""
    source, mask = inputs
    more = [(0, 0), (0, 2), (0, 0)][: source.ndim]
    source = np.pad(source, more)
    mask = np.pad(mask, more[:2])
    if source.ndim == 3:
        source[~mask] = 99.0
    padded = model([source, mask]).numpy()
    if per_token:
        padded, outputs = padded[:, :TOKENS][MASK], outputs[MASK]
    np.testing.assert_allclose(padded, outputs, atol=1e-5)


def check_saving(model, layer, inputs, outputs, tmp_path):
    """A layer can be created from its config, and a saved model gives the same outputs."""
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(inputs), outputs)


def check_training(model, inputs, per_token, without_gradient):
    """Every weight has a gradient, and a gradient step decreases the loss."""
    shape = model(inputs).shape
    target = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    real = MASK[:, :, None] if per_token else 1.0

    def loss():
        return tf.reduce_mean(((model(inputs, training=False) - target) * real) ** 2)

    with tf.GradientTape() as tape:
        before = loss()
    variables = model.trainable_variables
    gradients = tape.gradient(before, variables)
    for variable, gradient in zip(variables, gradients, strict=True):
        largest = 0 if gradient is None else float(tf.reduce_max(tf.abs(tf.convert_to_tensor(gradient))))
        if not variable.path.endswith(tuple(without_gradient)):
            assert 1e-6 < largest < np.inf, f"{variable.path} has no gradient"
    keras.optimizers.SGD(1e-3).apply(gradients, variables)
    assert loss() < before
