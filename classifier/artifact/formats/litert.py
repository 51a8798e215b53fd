"""Exports the model to LiteRT (formerly TensorFlow Lite), for phones and small devices."""

from pathlib import Path

import tensorflow as tf

from classifier.artifact.formats.core import Core


def write_litert(core: Core, weights: str, path: Path) -> None:
    """Writes the LiteRT file.

    Args:
        core: the graph to convert.
        weights: float32; float16, which the interpreter converts to float32; or int8, in which products are computed
            if the activations can be quantized dynamically (dynamic range quantization).
        path: path of the file.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions([core.function.get_concrete_function()], core)
    if weights != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if weights == "float16":
        converter.target_spec.supported_types = [tf.float16]
    path.write_bytes(converter.convert())
