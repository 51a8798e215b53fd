"""Computes windows of texts on an Apache Spark cluster.

The driver reads, divides and writes as without Spark; the executors compute. Columns, rows with errors, shards and
resuming are therefore the same, and results are equal bit for bit, wherever a window was computed.
"""

import functools
import os
import shutil
import sys
import tempfile
import threading
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from classifier.errors import UserError, to_install

PACKAGE = Path(__file__).parents[1]
WINDOWS_PER_CORE = 2  # one is computed while the next is transferred
PATIENCE_SECONDS = 60  # time until a message about missing executors is shown
WAITING = "Still waiting for an executor of Spark: is there one with a free core and memory? Ctrl-C ends the waiting."


def check_spark() -> None:
    """Raises UserError if pyspark or Java is missing."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise UserError(
            f"engine=spark needs pyspark. Leave engine=local, or install it:{to_install('spark')}"
        ) from None
    home = os.environ.get("JAVA_HOME")
    if not shutil.which(f"{home}/bin/java" if home else "java"):
        where = f"JAVA_HOME={home} holds none" if home else "none is found"
        raise UserError(
            f"engine=spark needs Java 17 or newer, and {where}. Install one (apt-get install openjdk-17-jre-headless) "
            "and let JAVA_HOME name its folder."
        )


@contextmanager
def spark_session(master: str | None) -> Iterator[Any]:
    """Yields a Spark session that ends with the context.

    Args:
        master: address such as local[4] or spark://host:7077; None means Spark's configuration, or local[*].

    Raises:
        UserError: if Spark cannot be reached.
    """
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # of the executors; Spark would use any python3
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)  # not used
    builder = SparkSession.builder.appName("classifier.score").config("spark.log.level", "ERROR")
    builder = builder.config("spark.ui.showConsoleProgress", "false")  # the command has its own progress bar
    try:
        session = (builder.master(master) if master else builder).getOrCreate()
    except (PySparkException, OSError) as error:
        raise UserError(f"spark_master={master}: Spark does not start. {first_line(error)}") from error
    try:
        yield session
    finally:
        session.stop()


@contextmanager
def spark_classifier(master: str | None, folder: Path, digest: str) -> Iterator["SparkClassifier"]:
    """Yields a classifier with a new session; see `spark_session` and `SparkClassifier`."""
    with tempfile.TemporaryDirectory() as sent, spark_session(master) as session:
        yield SparkClassifier(session, folder, digest, Path(sent))


class SparkClassifier:
    """An exported classifier on the executors of a Spark session; see `score_file.Classifier`.

    Args:
        session: the Spark session.
        folder: folder of the SavedModel.
        digest: SHA-256 of the SavedModel.
        sent: folder for the files that executors fetch; needed until the session ends, because executors may restart.

    Raises:
        UserError: if the executors cannot load the model.
    """

    def __init__(self, session: Any, folder: Path, digest: str, sent: Path) -> None:
        self.session, self.model = session, f"model-{digest}.zip"
        zip_files(sent / self.model, folder, folder)
        session.sparkContext.addArchive(str(sent / self.model))
        zip_files(sent / "classifier.zip", PACKAGE, PACKAGE.parent, "*.py")
        session.sparkContext.addPyFile(str(sent / "classifier.zip"))
        with reminded(WAITING):
            self.label_names = tuple(self.run([], "label string", label_names).column("label").to_pylist())
        # Known only after the executors have answered once.
        self.windows_ahead = WINDOWS_PER_CORE * session.sparkContext.defaultParallelism

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Returns probabilities of shape (texts, classes) in float32, computed in a single task."""
        found = self.run(texts, "probabilities binary", probabilities).column("probabilities")
        return np.frombuffer(found[0].as_py(), np.float32).reshape(len(texts), -1)

    def run(self, texts: Sequence[str], schema: str, function: Any) -> Any:
        """Returns the Arrow table that the function computes; the texts are one row, so that they stay in one task."""
        import pyarrow as pa
        from pyspark.errors import PySparkException

        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        window = pa.table({"texts": pa.array([encoded], pa.list_(pa.binary()))})
        try:
            frame = self.session.createDataFrame(window)
            return frame.mapInArrow(functools.partial(function, self.model), schema).toArrow()
        except PySparkException as error:
            raise UserError(f"Spark gave up a window of texts. {first_line(error)}") from error


@contextmanager
def reminded(sentence: str, seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Prints the sentence to standard error if the context takes longer: Spark waits for executors indefinitely."""
    timer = threading.Timer(seconds, print, (sentence,), {"file": sys.stderr, "flush": True})
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def zip_files(path: Path, folder: Path, root: Path, pattern: str = "*") -> None:
    """Writes all files of the folder to an uncompressed archive, with names relative to `root`."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob(pattern)):
            if file.is_file():
                archive.write(file, file.relative_to(root))


def first_line(error: Exception) -> str:
    """Returns the line with the original error in the tracebacks of Java and Python."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    errors = [line for line in lines if "Error: " in line and not line.startswith(("at ", "File "))]
    return (errors or lines or [type(error).__name__])[0]


# The following functions run on the executors.


def label_names(model: str, batches: Iterable[Any]) -> Iterator[Any]:
    """Yields the labels of the model."""
    import pyarrow as pa

    for _ in batches:
        yield pa.record_batch({"label": list(loaded(model).label_names)})


def probabilities(model: str, batches: Iterable[Any]) -> Iterator[Any]:
    """Yields the probabilities of each window as the bytes of a float32 array of shape (texts, classes)."""
    import pyarrow as pa

    for batch in batches:
        windows = [[text.decode("utf-8", "surrogatepass") for text in window] for window in batch["texts"].to_pylist()]
        answers = [loaded(model).probabilities(window).tobytes() for window in windows]
        yield pa.record_batch({"probabilities": pa.array(answers, pa.binary())})


@functools.cache
def loaded(model: str) -> Any:
    """Loads the classifier from an archive, once in each worker process of an executor."""
    from pyspark import SparkFiles

    from classifier.artifact.saved_model import SavedClassifier
    from classifier.start import start_saved_models

    start_saved_models(branches=1, threads=1)  # a worker has a single core
    return SavedClassifier(SparkFiles.get(model), branches=1)
