"""What all tests share: no telemetry, no GPU noise, one seeded TensorFlow."""

import os
import sys

import pytest
from absl import logging

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

# Hydra's logging closes all handlers, and that of TensorFlow's absl closes the file that pytest captures with as well
logging.get_absl_handler().python_handler.stream = sys.__stderr__

pytest_plugins = ["small_model"]
LONG = ("test_commands.py", "test_notebooks.py", "test_spark.py", "test_formats.py")


TRACKING = ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_EXPERIMENT_NAME")


@pytest.fixture(autouse=True)
def no_tracking_server(monkeypatch):
    """MLflow leaves the address of its server in the environment, from which the settings take theirs."""
    for name in TRACKING:
        monkeypatch.delenv(name, raising=False)


def pytest_collection_modifyitems(items):
    """The longest files first, so that two processes end at about the same time."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))
