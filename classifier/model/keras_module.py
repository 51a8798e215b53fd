"""A tf.Module around a Keras model whose variables every loader of TensorFlow finds."""

from typing import Any

import tensorflow as tf


class KerasModule(tf.Module):
    """A module around a Keras model.

    A Keras variable and the `tf.Variable` inside it are two objects. Graphs read the inner one, while a checkpoint of
    the model restores the outer one: Python's loader joins the two, and TensorFlow's C++ loader, which TensorFlow
    Serving and other languages use, fails at each request with "Could not find variable". So the module tracks the
    inner variables, and hides the model itself, which would store each of them once more.

    Args:
        encoder: a Keras model, or another callable, which is tracked as usual.
    """

    encoder: Any

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        if isinstance(encoder, tf.Module):
            self.encoder = encoder
        else:
            object.__setattr__(self, "encoder", encoder)  # past the tracking of tf.Module
            self.encoder_variables = [variable.value for variable in encoder.variables]
