"""Exports the trained model to other formats and with smaller weights, for programs without TensorFlow."""
