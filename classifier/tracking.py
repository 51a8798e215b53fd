"""Runs in MLflow: settings, metrics, pictures, models. The only room that imports mlflow.

Nothing here stops a training: what a lost server does not take is kept and sent later, or named at the end.
"""

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from classifier.errors import UserError
from classifier.settings import TrackingSettings

PACKAGES = (
    "tensorflow",
    "keras",
    "keras-nlp",
    "mlflow",
    "scikit-learn",
    "hydra-core",
    "numpy",
    "pyarrow",
    "matplotlib",
)
REACH_SECONDS = 5  # a server that does not answer for so long is unreachable
RETRY_SECONDS = 30  # between attempts to reach a lost server
IDENTITY, OUTPUT = "classifier.identity", "classifier.output"  # tags by which an unfinished run is found again

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(2 * REACH_SECONDS))
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")


def check_reachable(settings: TrackingSettings) -> None:
    """Asks a server for its health; a file needs a folder that can be written.

    Raises:
        UserError: where nothing answers, with what to do.
    """
    uri = settings.uri
    if uri.startswith(("http://", "https://")):
        try:
            urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=REACH_SECONDS).close()
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise UserError(
                f"The MLflow server tracking.uri={uri} does not answer ({reason}). Start it, mend the address, "
                "or leave tracking.uri out to keep the runs in ./mlflow.db."
            ) from error
    elif uri.startswith("sqlite:///"):
        folder = Path(uri.removeprefix("sqlite:///")).absolute().parent
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise UserError(f"tracking.uri={uri}: the folder {folder} does not exist or cannot be written.")
    elif "://" not in uri:
        raise UserError(f"tracking.uri={uri} is no address: write sqlite:///path/to/mlflow.db or http://host:port.")


def reachable(settings: TrackingSettings) -> bool:
    """Whether something answers."""
    try:
        check_reachable(settings)
    except UserError:
        return False
    return True


def connect(settings: TrackingSettings):
    """mlflow, quiet and pointed at the tracking URI."""
    import logging

    import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(settings.uri)
    return mlflow


def experiment_id(mlflow, settings: TrackingSettings) -> str:
    """The experiment of that name, made where there is none; local artifacts lie beside the database."""
    found = mlflow.get_experiment_by_name(settings.experiment)
    if found:
        return found.experiment_id
    if settings.uri.startswith("sqlite:///"):
        database = Path(settings.uri.removeprefix("sqlite:///")).absolute()
        return mlflow.create_experiment(
            settings.experiment, artifact_location=(database.parent / "mlartifacts" / settings.experiment).as_uri()
        )
    return mlflow.create_experiment(settings.experiment)


@dataclass
class UnfinishedRun:
    """A run that a crash or Ctrl-C left behind, and the folder that holds its checkpoint."""

    run_id: str
    output: Path
    finished: bool


def find_run(settings: TrackingSettings, identity: str) -> UnfinishedRun | None:
    """The newest run with this identity, or None."""
    mlflow = connect(settings)
    runs = mlflow.MlflowClient().search_runs(
        [experiment_id(mlflow, settings)],
        f"tags.`{IDENTITY}` = '{identity}'",
        order_by=["attributes.start_time DESC"],
        max_results=1,
    )
    if not runs:
        return None
    return UnfinishedRun(runs[0].info.run_id, Path(runs[0].data.tags[OUTPUT]), runs[0].info.status == "FINISHED")


def identity_of(settings: Mapping[str, Any], contents: Iterable[str]) -> str:
    """A hash of the settings and of the data's content hashes: equal for two starts of the same command."""
    text = json.dumps([dict(settings), list(contents)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass
class Run:
    """One MLflow run under way. Every method sends now, or keeps for later what could not be sent."""

    mlflow: Any
    run_id: str
    settings: TrackingSettings
    output: Path
    status: str = "FINISHED"  # what the run ends as, unless an exception ends it
    unsent: list[tuple[str, Callable[[], Any]]] = field(default_factory=list)
    lost_at: float = 0.0
    monitor: Any = None

    def send(self, name: str, action: Callable[[], Any]) -> None:
        """Does it, after all that waits; on failure keeps it."""
        self.unsent.append((name, action))
        if not self.lost_at or time.monotonic() - self.lost_at > RETRY_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Tries all that waits, in its order; keeps what fails, and all the rest where the server is lost."""
        waiting, self.unsent = self.unsent, []
        for index, (name, action) in enumerate(waiting):
            try:
                action()
                self.lost_at = 0.0
            except Exception as error:
                if not self.lost_at:
                    print(f"Tracking failed at {name}: {first_line(error)}. Training goes on.", file=sys.stderr)
                self.unsent.append((name, action))
                if not reachable(self.settings):
                    self.lost_at = time.monotonic()
                    self.unsent += waiting[index + 1 :]
                    return

    def log_params(self, params: Mapping[str, Any]) -> None:
        self.send("parameters", lambda: self.mlflow.log_params({key: str(value) for key, value in params.items()}))

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        at = int(time.time() * 1000)
        self.send(f"metrics of step {step}", lambda: self.mlflow.log_metrics(dict(metrics), step=step, timestamp=at))

    def logged_epochs(self) -> int:
        """How many epochs the run has already, so that a run that continues sends each once."""
        try:
            return len(self.mlflow.MlflowClient().get_metric_history(self.run_id, "epoch/loss"))
        except Exception:
            return 0

    def log_folder(self, folder: Path) -> None:
        """Everything in the folder, under the same names."""
        self.send(f"files of {folder}", lambda: self.mlflow.log_artifacts(str(folder)))

    def log_datasets(self, files: Iterable[Any]) -> None:
        """Each data file with its split, content hash, rows and classes (`classifier.data.DataFile`)."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        inputs = [
            DatasetInput(
                Dataset(
                    name=Path(file.path).name,
                    digest=file.sha256[:32],
                    source_type="local",
                    source=json.dumps({"uri": str(Path(file.path).absolute())}),
                    profile=json.dumps(
                        {"rows": file.rows, "used": file.used, "sha256": file.sha256, "classes": file.classes}
                    )[:16_000],
                ),
                [InputTag("mlflow.data.context", file.split)],
            )
            for file in files
        ]
        self.send("datasets", lambda: self.mlflow.MlflowClient().log_inputs(self.run_id, inputs))

    def log_model(self, folder: Path, example: str, metrics: Mapping[str, float], monitor: str) -> None:
        """The SavedModel as a LoggedModel with signature and example; registered where the settings name a model."""

        def send() -> None:
            with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
                warnings.simplefilter("ignore")  # MLflow advises on type hints, and prints what the end of a run says
                self.send_model(folder, example, metrics, monitor)

        self.send("the model", send)

    def send_model(self, folder: Path, example: str, metrics: Mapping[str, float], monitor: str) -> None:
        from mlflow.models import ModelSignature
        from mlflow.types.schema import Array, ColSpec, Schema

        outputs = [("label", "string"), ("score", "float"), ("probabilities", Array("float"))]
        logged = self.mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).parent / "serving" / "pyfunc_model.py"),
            artifacts={"saved_model": str(folder)},
            signature=ModelSignature(
                Schema([ColSpec("string", "text")]), Schema([ColSpec(kind, name) for name, kind in outputs])
            ),
            input_example={"text": [example[:1000]]},
            pip_requirements=[f"{name}=={metadata.version(name)}" for name in ("tensorflow", "tensorflow-text")],
        )
        self.mlflow.log_metrics(dict(metrics), model_id=logged.model_id)
        if self.settings.register:
            self.register(logged.model_uri, metrics[monitor], monitor)

    def register(self, model_uri: str, value: float, monitor: str) -> None:
        """A new version; the alias champion goes to the first one, and to one that is better on validation."""
        name, client = self.settings.register, self.mlflow.MlflowClient()
        version = self.mlflow.register_model(model_uri, name, tags={monitor: str(value)}).version
        try:
            champion = client.get_model_version_by_alias(name, "champion")
            better = monitor in champion.tags and (
                value < float(champion.tags[monitor])
                if monitor.endswith("log_loss")
                else value > float(champion.tags[monitor])
            )
        except self.mlflow.exceptions.MlflowException:
            better = True
        if better:
            client.set_registered_model_alias(name, "champion", version)

    def interface(self) -> str:
        """Where to look at the run: the line that opens MLflow, or the address of the server."""
        uri = self.settings.uri
        return f"mlflow ui --backend-store-uri {uri}" if uri.startswith("sqlite") else uri

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, kind, error, trace) -> None:
        if kind is None:
            self.finish(self.status)
        else:
            self.finish("KILLED" if issubclass(kind, KeyboardInterrupt) else "FAILED")

    def finish(self, status: str) -> None:
        """Ends the run as FINISHED, FAILED or KILLED, and names what could not be sent."""
        if self.monitor:
            self.monitor.finish()
        self.send("the end of the run", lambda: self.mlflow.MlflowClient().set_terminated(self.run_id, status))
        self.flush()
        self.mlflow.end_run(status) if not self.unsent else None
        if self.unsent:
            names = ", ".join(name for name, _ in self.unsent)
            print(f"Not sent to {self.settings.uri}: {names}. All of it lies in {self.output}.", file=sys.stderr)


def first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__


def start_run(settings: TrackingSettings, output: Path, identity: str, run_id: str | None) -> Run:
    """A new run, or the one that is continued, RUNNING from now on."""
    mlflow = connect(settings)
    experiment = experiment_id(mlflow, settings)
    if run_id:
        mlflow.MlflowClient().update_run(run_id, status="RUNNING")
        mlflow.start_run(run_id=run_id)
    else:
        tags = {IDENTITY: identity, OUTPUT: str(output.absolute()), **code_version()}
        run_id = mlflow.start_run(experiment_id=experiment, run_name=settings.run_name, tags=tags).info.run_id
    run = Run(mlflow, run_id, settings, output)
    if settings.system_metrics:
        from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

        run.monitor = SystemMetricsMonitor(run_id, sampling_interval=5, resume_logging=True)
        run.monitor.start()
    return run


def code_version() -> dict[str, str]:
    """Git commit of this package and whether it has changes, as tags; nothing where it is not in a checkout."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), *arguments], capture_output=True, text=True, timeout=10
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        commit = git("rev-parse", "HEAD")
        dirty = bool(git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return {"mlflow.source.git.commit": commit, "git.dirty": str(dirty).lower()} if commit else {}


def package_versions() -> dict[str, str]:
    """Installed versions of Python and of the packages that results depend on."""
    return {"python": sys.version.split()[0], **{name: metadata.version(name) for name in PACKAGES}}


def find_model(model: str, settings: TrackingSettings) -> Path:
    """The SavedModel folder of a run id or of a `models:/` address, downloaded where it is not local.

    Raises:
        UserError: where there is none.
    """
    check_reachable(settings)
    mlflow = connect(settings)
    try:
        if model.startswith("models:/"):
            folder = Path(mlflow.artifacts.download_artifacts(model))
        else:
            outputs = mlflow.MlflowClient().get_run(model).outputs
            if not (outputs and outputs.model_outputs):
                raise UserError(f"The run {model} has logged no model; it may not be finished.")
            folder = Path(mlflow.artifacts.download_artifacts(f"models:/{outputs.model_outputs[-1].model_id}"))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        raise UserError(
            f"model={model} is no folder, and no run id or registered model at tracking.uri={settings.uri}: "
            f"{first_line(error)}"
        ) from error
    found = next(folder.rglob("saved_model.pb"), None)
    if found is None:
        raise UserError(f"model={model} holds no SavedModel; was it logged by classifier.train?")
    return found.parent


def run_config(run_id: str, settings: TrackingSettings) -> Path:
    """The composed config of a run, as a local file.

    Raises:
        UserError: where there is no such run, or it kept none.
    """
    check_reachable(settings)
    mlflow = connect(settings)
    try:
        return Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="config.yaml"))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        raise UserError(
            f"run={run_id} is not a finished run at tracking.uri={settings.uri}: {first_line(error)}"
        ) from error
