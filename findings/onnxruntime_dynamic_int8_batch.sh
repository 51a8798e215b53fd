#!/usr/bin/env bash
# One linear layer, quantized with ONNX Runtime's quantize_dynamic, asked about the same row alone and next to another.
# Expected: rows of a batch are independent, as they are in the float32 model.
# Seen (onnxruntime 1.30.0, onnx 1.23.0): activations get one scale for the whole tensor, so that a neighbour with large
#   values takes the precision from every other row; here one output moves by 1.7 and another becomes 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnx==1.23.0 onnxruntime==1.30.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic

random = np.random.default_rng(0)
weights = random.normal(size=(16, 3)).astype(np.float32)
row, neighbour = random.normal(size=(2, 1, 16)).astype(np.float32)
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["y"])],
    "linear",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 16])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 3])],
    [numpy_helper.from_array(weights, "w")],
)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), "float32.onnx")
quantize_dynamic("float32.onnx", "int8.onnx")
moved = {}
for name in ("float32", "int8"):
    session = onnxruntime.InferenceSession(f"{name}.onnx")
    alone = session.run(None, {"x": row})[0][0]
    together = session.run(None, {"x": np.concatenate([row, 100 * neighbour])})[0][0]
    moved[name] = float(np.abs(alone - together).max())
    print(f"{name}: alone {alone}, next to a large row {together}")
assert moved["float32"] < 1e-5 and moved["int8"] > 0.1, "the behaviour has changed"
PYTHON
