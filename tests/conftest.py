"""Common setup of all tests: no telemetry, no messages about GPUs, and a seeded TensorFlow."""

import os
import sys

import pytest
from absl import logging

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

# Hydra's logging closes all handlers, and absl's handler would also close the file in which pytest captures output
logging.get_absl_handler().python_handler.stream = sys.__stderr__

pytest_plugins = ["small_model"]
LONG = (
    *("test_commands.py", "test_notebooks.py", "test_pretrained_commands.py", "test_spark.py", "test_fit.py"),
    *("test_estimator.py", "test_cpp_loader.py", "test_formats.py"),
)


TRACKING = ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_EXPERIMENT_NAME")


@pytest.fixture(autouse=True)
def no_tracking_server(monkeypatch):
    """Removes the address that MLflow sets in the environment, because the settings read it."""
    for name in TRACKING:
        monkeypatch.delenv(name, raising=False)


def pytest_collection_modifyitems(items):
    """Runs the longest files first, so that two processes end at about the same time."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))
