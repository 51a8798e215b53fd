"""A tf.Module around a Keras model whose variables all loaders of TensorFlow find."""

from typing import Any

import tensorflow as tf


class KerasModule(tf.Module):
    """A module around a Keras model.

    A Keras variable and the `tf.Variable` inside it are two objects. Graphs read the inner variable, but a checkpoint
    of the model restores the outer variable: Python's loader links them, but TensorFlow's C++ loader, which TensorFlow
    Serving and other languages use, fails for each request with "Could not find variable". Therefore, the module
    tracks the inner variables, and hides the model itself, which would store all variables again.

    Args:
        encoder: a Keras model, or any other callable, which is tracked as usual.
    """

    encoder: Any

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        if isinstance(encoder, tf.Module):
            self.encoder = encoder
        else:
            object.__setattr__(self, "encoder", encoder)  # bypasses the tracking of tf.Module
            self.encoder_variables = [variable.value for variable in encoder.variables]
