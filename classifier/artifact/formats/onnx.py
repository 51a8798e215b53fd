"""The model as an ONNX file, for ONNX Runtime and whatever else reads it."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from classifier.artifact.formats.core import Core

OPSET = 18


def write_onnx(core: Core, weights: str, path: Path) -> None:
    """Writes the file.

    Args:
        core: to convert.
        weights: float32; float16, which a node widens as the model is loaded; or int8, as ONNX Runtime's
            `quantize_dynamic` makes it: weights for each tensor, activations as they come.
        path: of the file.
    """
    import tf2onnx

    with quiet():
        model, _ = tf2onnx.convert.from_function(
            core.function, core.signature, opset=OPSET, custom_op_handlers={"Erfc": (erfc, [])}
        )
        if weights == "float16":
            narrow(model.graph)
        path.write_bytes(model.SerializeToString())
        if weights == "int8":
            from onnxruntime.quantization import quantize_dynamic

            quantize_dynamic(path, path)


def erfc(context, node, name: str, arguments: list) -> None:
    """The operation Erfc of an exact GELU, which tf2onnx does not know, as 1 - Erf."""
    inputs, outputs = list(node.input), list(node.output)
    shape, dtype = context.get_shape(outputs[0]), context.get_dtype(outputs[0])
    context.remove_node(name)
    one = context.make_const(f"{name}/one", np.array(1, np.float32)).output[0]
    erf = context.make_node("Erf", inputs).output[0]
    context.make_node("Sub", [one, erf], name=name, outputs=outputs, shapes=[shape], dtypes=[dtype])


def narrow(graph) -> None:
    """Stores each tensor of float32 weights in float16, with a node that widens it."""
    from onnx import TensorProto, helper, numpy_helper

    for tensor in list(graph.initializer):
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 1:
            name = f"{tensor.name}/float16"
            half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), name)
            graph.node.insert(0, helper.make_node("Cast", [name], [tensor.name], to=TensorProto.FLOAT))
            graph.initializer.remove(tensor)
            graph.initializer.append(half)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What tf2onnx and ONNX Runtime have to say of what goes well is not said; TensorFlow's level stays."""
    level = tf.get_logger().level
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        tf.get_logger().setLevel(level)
