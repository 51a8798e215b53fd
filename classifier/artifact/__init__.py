"""Exports, checks, loads and publishes the SavedModel; `formats` exports ONNX and LiteRT."""
