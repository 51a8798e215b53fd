"""An active run, and earlier runs. Data that cannot be sent are buffered and sent later, or reported at the end."""

import hashlib
import json
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.errors import UserError
from classifier.interruption import uninterrupted
from classifier.progress import Stage
from classifier.settings import TrackingSettings
from classifier.terminal import say, shown_path, warn
from classifier.tracking.abandoned import CHECKPOINT, HOST, connect_existing
from classifier.tracking.datasets import dataset_inputs
from classifier.tracking.metric_names import BY_EPOCH, EPOCH_METRICS, LOSSES, logged_name
from classifier.tracking.models import log_model
from classifier.tracking.named_runs import nearest_run
from classifier.tracking.registry import register_and_promote
from classifier.tracking.run_models import delete_older_models
from classifier.tracking.server import connect, experiment_id, first_line, reachable, writing
from classifier.tracking.versions import code_hash, code_version
from classifier.tracking.views import ALL_RUNS, MOST_RUNS, runs_view, view_address

RETRY_SECONDS = 30  # time between attempts to reach a lost server
IDENTITY = "classifier.identity"  # tag: identity of the command and its data
OUTPUT = "classifier.output"  # tag: output folder of the latest start


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """An earlier run of the same command: finished, or unfinished after a crash or Ctrl-C."""

    run_id: str
    checkpoint: Path
    output: Path
    finished: bool


def find_run(settings: TrackingSettings, identity: str) -> EarlierRun | None:
    """Returns the run that the settings name, or the newest run with this identity, or None.

    Raises:
        UserError: if the settings name a run that does not exist.
    """
    if settings.run_id:
        return earlier_run(find_training(settings, settings.run_id))
    mlflow = connect(settings)
    experiment = experiment_id(mlflow, settings)  # first, because it creates the database under a lock
    runs = mlflow.MlflowClient().search_runs(
        [experiment],
        f"tags.`{IDENTITY}` = '{identity}'",
        order_by=["attributes.start_time DESC"],
        max_results=1,
    )
    return earlier_run(runs[0]) if runs else None


def find_training(settings: TrackingSettings, run_id: str) -> Any:
    """Returns the MLflow run of a training.

    Raises:
        UserError: if there is no such run, or it is not a training.
    """
    from mlflow.exceptions import MlflowException

    mlflow = connect_existing(settings, f"tracking.run_id={run_id} is not a run")
    try:
        run = mlflow.MlflowClient().get_run(run_id)
    except MlflowException as error:
        reason = first_line(error).rstrip(".") + nearest_run(mlflow, run_id)
        raise UserError(f"tracking.run_id={run_id}: {reason}") from error
    if CHECKPOINT not in run.data.tags:
        raise UserError(f"tracking.run_id={run_id} is not a training that can be continued.")
    return run


def earlier_run(run: Any) -> EarlierRun:
    info, tags = run.info, run.data.tags
    return EarlierRun(info.run_id, Path(tags[CHECKPOINT]), Path(tags[OUTPUT]), info.status == "FINISHED")


def identity_of(settings: Mapping[str, Any], contents: Iterable[str]) -> str:
    """Returns a hash of settings, data and relevant code, which is equal for two starts of the same command."""
    text = json.dumps([dict(settings), list(contents), code_hash()], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass
class Run:
    """An active MLflow run. Every method sends its data immediately, or buffers them if the server is lost."""

    mlflow: Any
    run_id: str
    experiment: str  # its id
    settings: TrackingSettings
    output: Path
    checkpoint: Path
    status: str = "FINISHED"  # final status of the run, unless an exception ends it
    waiting: list[tuple[str, Callable[[], Any]]] = field(default_factory=list)  # requests to send
    refused: list[str] = field(default_factory=list)  # requests that a reachable server or full database rejected
    facts: dict[str, float] = field(default_factory=dict)  # about the training, for its report
    lost_at: float = 0.0
    model_id: str = ""
    monitor: Any = None

    @property
    def client(self):
        return self.mlflow.MlflowClient()

    def send(self, name: str, action: Callable[[], Any]) -> None:
        """Sends a request after all waiting requests, or buffers it if the server is lost."""
        self.waiting.append((name, action))
        if not self.lost_at or time.monotonic() - self.lost_at > RETRY_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Sends the waiting requests in order, until the server cannot be reached."""
        while self.waiting:
            name, action = self.waiting[0]
            # not interrupted until the request is removed from the list, so that it is not sent twice
            with Stage(f"Logging {name} to MLflow"), uninterrupted():
                try:
                    action()
                    self.lost_at = 0.0
                except Exception as error:
                    if not self.lost_at:
                        warn(f"Tracking failed at {name}: {first_line(error)}. Training continues.")
                    if not reachable(self.settings):
                        self.lost_at = time.monotonic()
                        return
                    self.note_refusal(name, error)
                self.waiting.pop(0)

    def note_refusal(self, name: str, error: Exception) -> None:
        """Notes a rejected request; the run counts as failed, unless the request itself was invalid."""
        from mlflow.exceptions import MlflowException

        self.refused.append(name)
        invalid = isinstance(error, MlflowException) and error.get_http_status_code() < 500
        if self.status == "FINISHED" and not invalid:
            self.status = "FAILED"

    def log_params(self, params: Mapping[str, str]) -> None:
        from mlflow.entities import Param

        entities = [Param(key, value) for key, value in params.items()]
        self.send("parameters", lambda: self.client.log_batch(self.run_id, params=entities))

    def set_tags(self, tags: Mapping[str, str]) -> None:
        from mlflow.entities import RunTag

        entities = [RunTag(key, value) for key, value in tags.items()]
        self.send("tags", lambda: self.client.log_batch(self.run_id, tags=entities))

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        from mlflow.entities import Metric

        at = int(time.time() * 1000)
        entities = [Metric(logged_name(key), float(value), at, step) for key, value in metrics.items()]
        self.send(f"metrics of step {step}", lambda: self.client.log_batch(self.run_id, metrics=entities))

    def log_epochs(self, entries: Iterable[Mapping[str, float]]) -> None:
        """Logs the tracked metrics of epochs, with the epoch as step; the others are in the report."""
        for entry in entries:
            series = {BY_EPOCH + name: entry[name] for name in EPOCH_METRICS if name in entry}
            self.log_metrics(series, step=int(entry["epoch"]))

    def logged_epochs(self) -> int:
        """Returns the number of epochs already logged, so that a resumed run logs each epoch once."""
        try:
            histories = [self.client.get_metric_history(self.run_id, name) for name in LOSSES]
            return sum(map(len, histories))
        except Exception:
            return 0

    def log_folder(self, folder: Path) -> None:
        """Logs all files in the folder under the same names."""
        self.send(f"files of {shown_path(folder)}", lambda: self.client.log_artifacts(self.run_id, str(folder)))

    def log_datasets(self, files: Iterable[Any]) -> None:
        """Logs the data files (`classifier.data.DataFile`) with split, content hash, rows and classes."""
        inputs = dataset_inputs(files)
        self.send("datasets", lambda: self.client.log_inputs(self.run_id, inputs))

    def log_model(self, folder: Path, example: str, label_names: tuple[str, ...], step: int) -> None:
        """Logs the SavedModel with signature and example, and deletes older models of the run."""

        def send() -> None:
            self.model_id = log_model(self.mlflow, self.run_id, folder, example, label_names, step)

        def delete_older() -> None:
            if self.model_id:  # set once the model was logged
                delete_older_models(self.mlflow, self.run_id, self.model_id)

        self.send("the model", send)
        self.send("the removal of older models", delete_older)

    def register_model(self) -> None:
        """Registers the model under the name in the settings, if any, and promotes it by the default rule."""
        if name := self.settings.register:
            self.send("the registration", lambda: say(register_and_promote(self.run_id, name, self.settings)))

    def show_runs(self) -> str:
        """Updates the view of all runs of the experiment, and returns its address."""

        def send() -> None:
            newest = ["attributes.start_time DESC"]
            runs = self.client.search_runs([self.experiment], max_results=MOST_RUNS, order_by=newest)
            self.client.set_experiment_tag(self.experiment, *runs_view(runs))

        self.send("the view of the runs", send)
        return view_address(self.settings, self.experiment, ALL_RUNS)

    def start_monitor(self) -> None:
        """Starts logging processor and memory usage, if enabled in the settings."""
        if self.settings.system_metrics:
            from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

            self.monitor = SystemMetricsMonitor(
                self.run_id, sampling_interval=5, resume_logging=True, tracking_uri=self.mlflow.get_tracking_uri()
            )
            self.monitor.start()

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, kind, error, trace) -> None:
        if kind is not None:
            self.status = "KILLED" if issubclass(kind, KeyboardInterrupt) else "FAILED"
        if self.monitor:
            self.monitor.finish()
        self.send("the end of the run", lambda: self.client.set_terminated(self.run_id, self.status))
        self.flush()
        missing = [*self.refused, *(name for name, _ in self.waiting)]
        if missing:
            later = " Once there is room, or the server is back, the same command with trainer.resume=true sends it."
            hint = "" if self.status == "FINISHED" and not self.waiting else later
            warn(f"Not sent to {self.settings.safe_uri}: {', '.join(missing)}. All of it is in {self.output}.{hint}")


def start_run(settings: TrackingSettings, output: Path, identity: str, earlier: EarlierRun | None = None) -> Run:
    """Starts a new run, or continues the earlier run; its status is RUNNING.

    Raises:
        UserError: if the database rejects the run, as with a full disk.
    """
    mlflow = connect(settings)
    experiment, client = experiment_id(mlflow, settings), mlflow.MlflowClient()
    places = {OUTPUT: str(output.absolute()), HOST: socket.gethostname()}
    with writing("a run", settings):
        if earlier:
            client.update_run(earlier.run_id, status="RUNNING")
            for key, value in places.items():
                client.set_tag(earlier.run_id, key, value)
            own = client.get_run(earlier.run_id).info.experiment_id
            return Run(mlflow, earlier.run_id, own, settings, output, earlier.checkpoint)
        places |= {IDENTITY: identity, CHECKPOINT: str(checkpoint_in(output)), **code_version()}
        run = client.create_run(experiment, tags=places, run_name=settings.run_name)
    return Run(mlflow, run.info.run_id, experiment, settings, output, checkpoint_in(output))


def checkpoint_in(output: Path) -> Path:
    """Returns the path of the checkpoint of a run that starts in this folder."""
    return output.absolute() / "checkpoint" / "state.npz"


def delete_checkpoints(checkpoint: Path) -> None:
    """Deletes the checkpoint of a run, and what is next to it of the folds of a cross-validation."""
    for path in (checkpoint, *checkpoint.parent.glob("fold_*.npz")):
        path.unlink(missing_ok=True)
