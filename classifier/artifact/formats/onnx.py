"""Exports the model to ONNX, for ONNX Runtime and other runtimes."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from classifier.artifact.formats.core import Core

OPSET = 18


def write_onnx(core: Core, weights: str, path: Path) -> None:
    """Writes the ONNX file.

    Args:
        core: the graph to convert.
        weights: float32; float16, which a node converts to float32 when the model is loaded; or int8, by ONNX
            Runtime's `quantize_dynamic`: weights are quantized per tensor, activations dynamically.
        path: path of the file.
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
    """Converts Erfc, which the exact GELU uses and tf2onnx does not support, to 1 - Erf."""
    inputs, outputs = list(node.input), list(node.output)
    shape, dtype = context.get_shape(outputs[0]), context.get_dtype(outputs[0])
    context.remove_node(name)
    one = context.make_const(f"{name}/one", np.array(1, np.float32)).output[0]
    erf = context.make_node("Erf", inputs).output[0]
    context.make_node("Sub", [one, erf], name=name, outputs=outputs, shapes=[shape], dtypes=[dtype])


def narrow(graph) -> None:
    """Stores each tensor of float32 weights in float16, with a node that converts it to float32."""
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
    """Suppresses messages of tf2onnx and ONNX Runtime, and restores TensorFlow's log level."""
    level = tf.get_logger().level
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        tf.get_logger().setLevel(level)
