"""TensorFlow's C API, through which TensorFlow Serving, Java, Go and Rust load SavedModels, called by ctypes."""

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

POINTER = ctypes.c_void_p
STRING_BYTES = 24  # of a TF_TString
FLOAT, STRING, BOOL = 1, 7, 10  # of TF_DataType


class Place(ctypes.Structure):
    """TF_Output: an operation and the index of its output."""

    _fields_ = [("operation", POINTER), ("index", ctypes.c_int)]


class Session:
    """A SavedModel loaded by TF_LoadSessionFromSavedModel.

    Raises:
        RuntimeError: with the message of TensorFlow.
    """

    def __init__(self, folder: Path) -> None:
        self.library = ctypes.CDLL(str(next(Path(tf.__file__).parent.glob("libtensorflow_cc.so*"))))
        self.status, self.graph = self.call("TF_NewStatus"), self.call("TF_NewGraph")
        tags = (ctypes.c_char_p * 1)(b"serve")
        options = self.call("TF_NewSessionOptions")
        self.session = self.call(
            "TF_LoadSessionFromSavedModel", options, None, str(folder).encode(), tags, 1, self.graph, None, self.status
        )
        self.check()
        self.signatures = SavedModel.FromString((folder / "saved_model.pb").read_bytes()).meta_graphs[0].signature_def

    def call(self, name: str, *arguments: Any, result: Any = POINTER) -> Any:
        function = getattr(self.library, name)
        function.restype = result
        kinds = {type(None): POINTER, int: ctypes.c_void_p, bytes: ctypes.c_char_p}
        return function(*(kinds[type(one)](one) if type(one) in kinds else one for one in arguments))

    def check(self) -> None:
        if self.call("TF_GetCode", self.status, result=ctypes.c_int):
            raise RuntimeError(self.call("TF_Message", self.status, result=ctypes.c_char_p).decode())

    def place(self, name: str) -> Place:
        operation, index = name.split(":")
        return Place(self.call("TF_GraphOperationByName", self.graph, operation.encode()), int(index))

    def strings(self, texts: Sequence[bytes]) -> int:
        dimensions = (ctypes.c_int64 * 1)(len(texts))
        size = ctypes.c_size_t(STRING_BYTES * len(texts))
        tensor = self.call("TF_AllocateTensor", ctypes.c_int(STRING), dimensions, ctypes.c_int(1), size)
        data = self.call("TF_TensorData", tensor)
        for number, text in enumerate(texts):
            self.call("TF_StringInit", data + STRING_BYTES * number)
            self.call("TF_StringCopy", data + STRING_BYTES * number, text, ctypes.c_size_t(len(text)))
        return tensor

    def numbers_or_strings(self, tensor: int) -> np.ndarray:
        rank = self.call("TF_NumDims", tensor, result=ctypes.c_int)
        shape = [self.call("TF_Dim", tensor, ctypes.c_int(axis), result=ctypes.c_int64) for axis in range(rank)]
        data, count = self.call("TF_TensorData", tensor), int(np.prod(shape))
        numbers = {FLOAT: ctypes.c_float, BOOL: ctypes.c_bool}
        if number := numbers.get(self.call("TF_TensorType", tensor, result=ctypes.c_int)):
            return np.array((number * count).from_address(data)[:]).reshape(shape)
        found = []
        for start in range(data, data + STRING_BYTES * count, STRING_BYTES):
            size = self.call("TF_StringGetSize", start, result=ctypes.c_size_t)
            found.append(ctypes.string_at(self.call("TF_StringGetDataPointer", start), size))
        return np.array(found, object).reshape(shape)

    def run(self, signature: str, texts: Sequence[bytes] = ()) -> dict[str, np.ndarray]:
        """Returns the outputs of a signature by name."""
        chosen = self.signatures[signature]
        inputs, outputs = list(chosen.inputs.values()), list(chosen.outputs)
        given = [self.place(one.name) for one in inputs]
        wanted = [self.place(chosen.outputs[name].name) for name in outputs]
        values = (POINTER * len(inputs))(*(self.strings(texts) for _ in inputs))
        results = (POINTER * len(outputs))()
        self.call(
            "TF_SessionRun",
            *(self.session, None, (Place * len(given))(*given), values, ctypes.c_int(len(inputs))),
            *((Place * len(wanted))(*wanted), results, ctypes.c_int(len(outputs))),
            *(None, ctypes.c_int(0), None, self.status),
        )
        self.check()
        return {name: self.numbers_or_strings(tensor) for name, tensor in zip(outputs, results, strict=True)}
