"""What commands import when they work; computes nothing, so that the process can still be forked."""

import os

from classifier.start import kept_stderr

before = set(os.environ)
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")

with kept_stderr():
    import matplotlib.pyplot  # noqa: F401
    import mlflow.store.tracking.sqlalchemy_store
    import mlflow.tensorflow  # noqa: F401

    from classifier.pipeline import finish, prepare  # noqa: F401
    from classifier.sweeps import run  # noqa: F401

VARIABLES = {name: value for name, value in os.environ.items() if name not in before}  # which the imports have set
