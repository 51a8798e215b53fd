"""A trial that logs to MLflow like a training, in a separate process that starts quickly."""

import tempfile
from multiprocessing.connection import wait
from pathlib import Path
from threading import Lock

from forked_commands import start_process

from classifier.sweeps.process import Ended
from classifier.sweeps.trial import split_override

EPOCHS = 3
start_lock = Lock()  # starting a process also polls the others, but an exit code is only reported once


class SmallTrial:
    """Replaces `classifier.sweeps.process.TrialProcess`."""

    uri: str  # of the database

    def __init__(self, overrides, log: Path, threads: int) -> None:
        values = {key: value.strip("'") for key, value in map(split_override, overrides)}
        arguments = (self.uri, values["tracking.run_id"], float(values["optimizer.learning_rate"]))
        with start_lock:
            self.process = start_process(log_as_a_training, *arguments)

    def wait(self, on_epoch) -> Ended:
        wait([self.process.sentinel])
        with start_lock:
            self.process.join()
        code = self.process.exitcode
        return Ended(code, f"exit code {code}" if code else "")

    def kill(self) -> None:
        self.process.kill()


def log_as_a_training(uri: str, run_id: str, score: float) -> None:
    import mlflow
    from mlflow.entities import Metric, Param

    client = mlflow.MlflowClient(uri)
    client.log_batch(run_id, params=[Param(f"key{number}", "value") for number in range(60)])
    for epoch in range(1, EPOCHS + 1):
        names = ("loss", "valid.log_loss", "valid.accuracy", "valid.macro_f1")
        client.log_batch(run_id, metrics=[Metric(f"epoch/{name}", score, 0, epoch) for name in names])
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "report.txt").write_text("report")
        client.log_artifacts(run_id, folder)
    client.log_batch(run_id, metrics=[Metric("valid.macro_f1", score, 0, EPOCHS)])
