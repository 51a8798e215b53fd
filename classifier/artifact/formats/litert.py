"""The model as a LiteRT file (once TensorFlow Lite), for phones and small machines."""

from pathlib import Path

import tensorflow as tf

from classifier.artifact.formats.core import Core


def write_litert(core: Core, weights: str, path: Path) -> None:
    """Writes the file.

    Args:
        core: to convert.
        weights: float32; float16, which the interpreter widens; or int8, in which products are computed where both
            sides can be quantised as they come (dynamic range).
        path: of the file.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions([core.function.get_concrete_function()], core)
    if weights != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if weights == "float16":
        converter.target_spec.supported_types = [tf.float16]
    path.write_bytes(converter.convert())
