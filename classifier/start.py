"""Starts TensorFlow without its noise; the only place that configures it."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

from classifier.settings import BRANCHES


@contextlib.contextmanager
def kept_stderr() -> Iterator[None]:
    """Keeps what C++ writes to file descriptor 2; it is shown only where an exception leaves the block."""
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
    """Imports TensorFlow and Keras, and forgets the models of an earlier job of the same process.

    Args:
        deterministic: whether every operation must give the same bits each time; it stays so for the whole process.
        branches: shards or batches side by side, each with its share of the threads.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import_tensorflow(branches, cores())
    import keras
    import tensorflow as tf

    keras.backend.clear_session()
    if deterministic:
        tf.config.experimental.enable_op_determinism()


def start_saved_models(branches: int = BRANCHES, threads: int | None = None) -> None:
    """Imports TensorFlow alone: SavedModels need no Keras, which costs half as much again in time, and 170 MB.

    Args:
        branches: batches side by side, each with its share of the threads.
        threads: that compute; None: as many as there are cores.
    """
    with hidden("keras", "sklearn", "matplotlib"):  # Keras imports the other two; TensorFlow imports it if it can
        import_tensorflow(branches, threads or cores())


def import_tensorflow(branches: int, threads: int) -> None:
    """Imports it without a word, and divides the threads among the branches."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with kept_stderr():
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")  # it would advise on how often graphs are traced
        tf.config.list_physical_devices()  # makes the complaints about missing devices come now
        with contextlib.suppress(RuntimeError):  # a TensorFlow that has worked before keeps its threads
            tf.config.threading.set_inter_op_parallelism_threads(min(branches, threads))
            tf.config.threading.set_intra_op_parallelism_threads(max(1, threads // branches))


@contextlib.contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Makes modules that are not imported yet seem not to be installed, until the block ends."""
    missing = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(missing))  # pyright: ignore[reportCallIssue, reportArgumentType]
    try:
        yield
    finally:
        for name in missing:
            sys.modules.pop(name, None)


def cores() -> int:
    """Processor cores that this process may use: no more than OMP_NUM_THREADS, by which a sweep shares them out."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = os.environ.get("OMP_NUM_THREADS", "")
    return min(there, max(1, int(share))) if share.isdecimal() else there
