"""Checks before a training that the packages for the export formats are installed."""

from collections.abc import Sequence
from importlib.util import find_spec

from classifier.errors import UserError, to_install

NEEDED = {"onnx": ("tf2onnx", "onnxruntime", "farmhash"), "litert": ("ai_edge_litert", "farmhash")}


def check_packages(exports: Sequence[tuple[str, str]]) -> None:
    """Raises UserError with a hint if a chosen format needs a package that is not installed."""
    for kind, _ in exports:
        missing = [name for name in NEEDED.get(kind, ()) if find_spec(name) is None]
        if missing:
            raise UserError(
                f"export.formats={kind} needs {', '.join(missing)}. Install what is missing:{to_install('formats')}"
            )
