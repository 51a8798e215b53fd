"""Starts TensorFlow without its messages; the only place that configures it."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

from classifier.settings import BRANCHES


@contextlib.contextmanager
def kept_stderr() -> Iterator[None]:
    """Captures the output of C++ to file descriptor 2, and only shows it if an exception is raised."""
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as spool:
        os.dup2(spool.fileno(), 2)
        try:
            yield
        except Exception:
            spool.seek(0)
            os.write(saved, spool.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def start_tensorflow(deterministic: bool = False, branches: int = BRANCHES) -> None:
    """Imports TensorFlow and Keras, and clears the models of an earlier job in the same process.

    Args:
        deterministic: whether operations must be deterministic; this cannot be undone in the process.
        branches: number of parallel shards or batches, each with its share of the threads.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import_tensorflow(branches, cores())
    import keras
    import tensorflow as tf

    keras.backend.clear_session()
    if deterministic:
        tf.config.experimental.enable_op_determinism()


def start_saved_models(branches: int = BRANCHES, threads: int | None = None) -> None:
    """Imports TensorFlow without Keras, which SavedModels do not need: it takes 50 % more time and 170 MB.

    Args:
        branches: number of parallel batches, each with its share of the threads.
        threads: number of threads; None means the number of cores.
    """
    with hidden(
        "keras", "sklearn", "matplotlib"
    ):  # TensorFlow imports Keras if it is available, and Keras imports the others
        import_tensorflow(branches, threads or cores())


def import_tensorflow(branches: int, threads: int) -> None:
    """Imports TensorFlow without messages, and divides the threads among the branches."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with kept_stderr():
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")  # no warnings about retracing
        tf.config.list_physical_devices()  # triggers messages about missing devices now
        with contextlib.suppress(RuntimeError):  # the threads cannot be changed after TensorFlow was used
            tf.config.threading.set_inter_op_parallelism_threads(min(branches, threads))
            tf.config.threading.set_intra_op_parallelism_threads(max(1, threads // branches))


@contextlib.contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Makes modules that are not imported yet appear not to be installed inside the context."""
    missing = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(missing))  # pyright: ignore[reportCallIssue, reportArgumentType]
    try:
        yield
    finally:
        for name in missing:
            sys.modules.pop(name, None)


def cores() -> int:
    """Returns the number of cores for this process, at most OMP_NUM_THREADS, by which a sweep divides the cores."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = os.environ.get("OMP_NUM_THREADS", "")
    return min(available, max(1, int(share))) if share.isdecimal() else available
