"""What all tests share: no telemetry, no GPU noise, one seeded TensorFlow."""

import os
import sys

from absl import logging

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

# Hydra's logging closes all handlers, and that of TensorFlow's absl closes the file that pytest captures with as well
logging.get_absl_handler().python_handler.stream = sys.__stderr__
