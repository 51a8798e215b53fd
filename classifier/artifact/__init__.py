"""The SavedModel on disk: written, checked in a clean process, read back, published; `formats` has ONNX and LiteRT."""
