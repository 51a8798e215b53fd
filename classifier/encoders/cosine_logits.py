"""Logits that are cosines: the last layer of a pretrained encoder with few texts per class."""

import keras
import numpy as np
from keras import ops

SCALE = 20.0


@keras.saving.register_keras_serializable(package="classifier")
class CosineLogits(keras.layers.Layer):
    """Scaled cosine of the angle between a vector and the vector of each class (Chen et al. 2019, section 3.2).

    A class is a direction, without a length or a bias that a few texts would have to determine.

    (batch, width) -> (batch, classes)

    Args:
        classes: number of classes.
        scale: factor of the cosines, so that a softmax can be certain.
    """

    def __init__(self, classes: int, scale: float = SCALE, **kwargs) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.scale = scale

    def build(self, vectors_shape):
        self.kernel = self.add_weight((vectors_shape[-1], self.classes), name="kernel")

    def call(self, vectors):
        return self.scale * ops.normalize(vectors, axis=-1) @ ops.normalize(self.kernel, axis=0)

    def compute_output_shape(self, vectors_shape):
        return (*vectors_shape[:-1], self.classes)

    def get_config(self):
        return {**super().get_config(), "classes": self.classes, "scale": self.scale}


def unit(rows: np.ndarray) -> np.ndarray:
    """Scales the rows of an array to length 1; zeros stay zeros."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), np.finfo(rows.dtype).tiny)
