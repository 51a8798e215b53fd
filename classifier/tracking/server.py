"""The tracking server, or the file that stands for one: reached, quiet, with its experiment."""

import contextlib
import fcntl
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from classifier.errors import UserError
from classifier.settings import Server, TrackingSettings

REACH_SECONDS = 5  # a server that does not answer for so long is unreachable

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(2 * REACH_SECONDS))
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")


def check_reachable(settings: Server) -> None:
    """Asks a server for its health; a file needs a folder that can be written.

    Raises:
        UserError: where nothing answers, with what to do.
    """
    uri = settings.uri
    if uri.startswith(("http://", "https://")):
        try:
            urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=REACH_SECONDS).close()
        except (OSError, ValueError, http.client.HTTPException) as error:
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


def reachable(settings: Server) -> bool:
    """Whether something answers."""
    try:
        check_reachable(settings)
    except UserError:
        return False
    return True


def connect(settings: Server):
    """mlflow, quiet and pointed at the tracking URI."""
    import logging

    import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(settings.uri)
    return mlflow


def interface(settings: Server) -> str:
    """Where to look at runs: the line that opens MLflow, or the address of the server."""
    return f"mlflow ui --backend-store-uri {settings.uri}" if settings.uri.startswith("sqlite") else settings.uri


def experiment_id(mlflow, settings: TrackingSettings) -> str:
    """The experiment of that name, made where there is none; local artifacts lie beside the database.

    Raises:
        UserError: where it was deleted, or the file is no database.
    """
    from sqlalchemy.exc import DatabaseError

    try:
        with one_at_a_time(settings.uri):
            return found_or_made(mlflow, settings)
    except DatabaseError as error:
        raise UserError(f"tracking.uri={settings.uri} is no database that MLflow can use: {error.orig}.") from error


def found_or_made(mlflow, settings: TrackingSettings) -> str:
    found = mlflow.get_experiment_by_name(settings.experiment)
    if found and found.lifecycle_stage == "deleted":
        raise UserError(
            f"The experiment {settings.experiment} was deleted: restore it with 'mlflow experiments restore "
            f"--experiment-id {found.experiment_id}', or choose another with tracking.experiment=."
        )
    if found:
        return found.experiment_id
    location = None
    if settings.uri.startswith("sqlite:///"):
        database = Path(settings.uri.removeprefix("sqlite:///")).absolute()
        location = (database.parent / "mlartifacts" / settings.experiment).as_uri()
    return mlflow.create_experiment(settings.experiment, location)


@contextlib.contextmanager
def one_at_a_time(uri: str) -> Iterator[None]:
    """Lets one process at a time do what two must not do to one SQLite file at once, such as making its tables."""
    if not uri.startswith("sqlite:///"):
        yield
        return
    with open(uri.removeprefix("sqlite:///") + ".lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
