"""Spark gives the results of the local engine, even if workers die; the MLflow model also works in Spark."""

import os
import signal
import time
from contextlib import suppress

import psutil
import pytest
from small_model import LABELS
from table_files import write

from classifier.errors import UserError
from classifier.scoring import spark
from classifier.scoring.spark import check_spark, spark_classifier
from classifier.settings import TrackingSettings
from classifier.tracking.run import start_run

MASTER = "local-cluster[2,1,1024]"  # two workers, one core and 1,024 MB each
pytestmark = pytest.mark.filterwarnings(  # for MLflow and its dependencies
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)
ROWS = [{"id": str(i), "text": "" if i == 70 else f"where is lamp {i % 90} and my refund 退货 {i}"} for i in range(400)]
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # a short-lived Java process spends half its time on compilation
QUICK = {
    "spark.driver.extraJavaOptions": JAVA,
    "spark.executor.extraJavaOptions": JAVA,
    "spark.ui.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
MOST_SECONDS = 600  # for all tests of this file, on a busy machine


@pytest.fixture(scope="module")
def limit():
    """Kills Spark's processes after a timeout, so that tests do not wait forever."""

    def give_up(*_):
        for one in psutil.Process().children(recursive=True):
            one.kill()
        raise TimeoutError(f"Spark took more than {MOST_SECONDS} seconds.")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(MOST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def cluster(model_folder, limit):
    """The classifier of the tests on the executors of a separate Spark."""
    try:
        check_spark()
    except UserError as error:
        pytest.skip(str(error))
    quick = " ".join(f"--conf '{key}={value}'" for key, value in QUICK.items())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"{quick} pyspark-shell")
        with spark_classifier(MASTER, model_folder, "abc") as classifier:
            yield classifier


def processor_seconds(process: psutil.Process) -> float:
    """Returns the processor time of a process and its children; 0 if it has ended."""
    seconds = 0.0
    with suppress(psutil.NoSuchProcess):
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                seconds += one.cpu_times().user
    return seconds


def executors() -> list[psutil.Process]:
    """Returns the running worker processes of Spark, by decreasing processor time."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # also raised for a zombie, which has ended but was not waited for
            if any("CoarseGrained" in argument for argument in process.cmdline()):
                found.append(process)
    return sorted(found, key=processor_seconds, reverse=True)


class Killing:
    """Wraps a classifier, and kills one of Spark's workers during the scoring."""

    def __init__(self, classifier, call):
        self.classifier, self.calls, self.killed = classifier, iter(range(10**9)), None
        self.label_names, self.windows_ahead, self.call = classifier.label_names, classifier.windows_ahead, call

    def probabilities(self, texts):
        if next(self.calls) == self.call:
            self.killed = executors()[0].pid
            os.kill(self.killed, signal.SIGKILL)
        return self.classifier.probabilities(texts)


def test_the_same_answers_though_a_worker_is_killed(cluster, run, tmp_path):
    write(tmp_path / "in.csv", ROWS)
    settings = {"window_rows": 20, "shard_rows": 100, "top_k": 2, "probabilities": True}
    expected = run("in.csv", **settings)
    killing = Killing(cluster, call=7)
    found = run("in.csv", "spark.csv", load=lambda: killing, **settings)
    assert killing.killed and killing.killed not in [one.pid for one in executors()]
    assert list(found[0]) == list(expected[0]) and len(found) == len(ROWS)
    for one, other in zip(found, expected, strict=True):
        numbers = {key for key, value in other.items() if value and ("score" in key or "probability" in key)}
        assert {key: one[key] for key in one.keys() - numbers} == {key: other[key] for key in other.keys() - numbers}
        assert {key: float(one[key]) for key in numbers} == pytest.approx({key: float(other[key]) for key in numbers})


def test_texts_of_any_kind(cluster, classifier):
    texts = ["", "\ud800 lone", "a\0b", "退货", "x" * 100_000]
    assert cluster.label_names == LABELS
    assert cluster.probabilities(texts) == pytest.approx(classifier.probabilities(texts), abs=1e-6)


def test_the_mlflow_model_in_spark(cluster, classifier, model_folder, tmp_path):
    settings = TrackingSettings(uri=f"sqlite:///{tmp_path}/mlflow.db")
    with start_run(settings, tmp_path, "spark") as kept:
        kept.log_model(model_folder, "text", LABELS, step=0)
    import mlflow

    texts = ["where is my refund", "love it, thank you!"]
    frame = cluster.session.createDataFrame([(text,) for text in texts], "text string")
    frame = frame.coalesce(1)  # a worker loads the model
    udf = mlflow.pyfunc.spark_udf(cluster.session, f"models:/{kept.model_id}", env_manager="local")
    found = [row["answer"] for row in frame.withColumn("answer", udf("text")).collect()]
    expected = classifier.probabilities(texts)
    assert [one["label"] for one in found] == [LABELS[place] for place in expected.argmax(axis=1)]
    named = [dict(zip(LABELS, row, strict=True)) for row in expected.tolist()]
    assert [one["probabilities"] for one in found] == [pytest.approx(row, abs=1e-6) for row in named]


def test_waiting_for_executors_is_reported(capfd):
    with spark.reminded("Still waiting", seconds=0.01):
        time.sleep(0.1)
    with spark.reminded("Too early"):
        pass
    assert capfd.readouterr().err == "Still waiting\n"


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"engine=spark needs (Java 17 or newer, and JAVA_HOME=.* holds none|pyspark)"):
        check_spark()
    monkeypatch.setitem(spark.sys.modules, "pyspark", None)
    with pytest.raises(UserError, match=r"install it:\n  pip install -e '\.\[spark\]'"):
        check_spark()
