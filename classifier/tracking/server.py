"""Connects MLflow to a server or a database, and creates the experiment."""

import contextlib
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from classifier.errors import UserError
from classifier.files import sync_folder
from classifier.progress import Stage
from classifier.settings import Server, TrackingSettings
from classifier.settings.passwords import without_passwords
from classifier.tracking.address import (
    DRIVERS,
    REACH_SECONDS,
    check_database,
    check_file,
    check_server,
    database_file,
    log_in,
)

KINDS = "sqlite:///path/to/mlflow.db, http://host:port or postgresql+psycopg://user@host/database"

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(2 * REACH_SECONDS))
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")


def check_reachable(settings: Server) -> None:
    """Checks the health of a server, connects to a database, or checks that a database file can be written.

    Raises:
        UserError: if there is no answer; the message has a hint.
    """
    uri, safe_uri = settings.uri, settings.safe_uri
    if "://" not in uri:
        raise UserError(f"tracking.uri={safe_uri} is not an address: write {KINDS}.")
    scheme = uri.partition("://")[0]
    if scheme in ("http", "https"):
        check_server(uri, safe_uri)
    elif scheme == "sqlite":
        check_file(uri)
    elif scheme.partition("+")[0] in DRIVERS:
        check_database(uri, safe_uri)
    else:
        raise UserError(f"tracking.uri={safe_uri}: runs cannot be kept at {scheme}://; write {KINDS}.")
    registry = os.environ.get("MLFLOW_REGISTRY_URI")
    if registry and registry != uri:
        raise UserError(
            f"MLFLOW_REGISTRY_URI={without_passwords(registry)}: models are registered where the runs are kept, "
            f"at tracking.uri={safe_uri}; unset the variable, or set tracking.uri to the same address."
        )


def reachable(settings: Server) -> bool:
    """Whether the server or database can be reached."""
    try:
        check_reachable(settings)
    except UserError:
        return False
    return True


def check_existing(settings: Server, sought: str) -> None:
    """Like `check_reachable`, for commands that only read: a missing file is an error, but MLflow would create it.

    Args:
        settings: settings of the server.
        sought: beginning of the message if there is no file, such as "run=12ab is not a run".

    Raises:
        UserError: if there is no answer, or no such file.
    """
    check_reachable(settings)
    file = database_file(settings.uri)
    if file and not file.exists():
        raise UserError(f"{sought} at tracking.uri={settings.uri}: there is no file {file}.")


def connect(settings: Server):
    """Returns mlflow, without log messages, and with the tracking URI set."""
    import logging

    with Stage("Starting MLflow"):
        import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("mlflow.store.db").setLevel(logging.CRITICAL)  # its errors are raised as well
    logging.getLogger("alembic").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(log_in(settings.uri))
    return mlflow


def is_server(settings: Server) -> bool:
    """Whether runs are kept by a server, not in a file or a database."""
    return settings.uri.startswith(("http://", "https://"))


def interface(settings: Server) -> str:
    """Returns the address of the server, or the command that starts MLflow's interface without telemetry.

    The interface in the browser asks the process that serves it whether to report clicks, so that one variable
    suffices for both.
    """
    if is_server(settings):
        return settings.safe_uri
    return f"MLFLOW_DISABLE_TELEMETRY=true mlflow ui --backend-store-uri {shlex.quote(settings.safe_uri)}"


def experiment_id(mlflow, settings: TrackingSettings) -> str:
    """Returns the id of the experiment, which is created if necessary; local artifacts are next to the database.

    Raises:
        UserError: if the experiment was deleted, or the file is not a database.
    """
    from sqlalchemy.exc import DatabaseError

    try:
        with exclusive(settings.uri):
            if (file := database_file(settings.uri)) and not (file.exists() and file.stat().st_size):
                create_database(file)
            return find_or_create(mlflow, settings)
    except (DatabaseError, mlflow.exceptions.MlflowException) as error:
        raise UserError(
            f"tracking.uri={settings.safe_uri} is not a database that MLflow can use: {first_line(error)}."
        ) from error


def create_database(file: Path) -> None:
    """Creates MLflow's tables in a hidden file, which becomes the database when it is complete.

    MLflow needs seconds for its migrations, and cannot continue them if the process is killed. The caller holds the
    lock of the file.
    """
    from mlflow.store.db.utils import _initialize_tables
    from sqlalchemy import URL, create_engine

    file = file.resolve()  # so that a link is not replaced
    part = file.with_name(f".{file.name}.part")
    leftovers = (part, part.with_name(f"{part.name}-journal"))  # of a killed process
    try:
        for left in leftovers:
            left.unlink(missing_ok=True)
        engine = create_engine(URL.create("sqlite", database=str(part)))
        try:
            _initialize_tables(engine)
        finally:
            engine.dispose()
        os.replace(part, file)
        sync_folder(file.parent)
    finally:
        for left in leftovers:
            left.unlink(missing_ok=True)


def find_or_create(mlflow, settings: TrackingSettings) -> str:
    found = mlflow.get_experiment_by_name(settings.experiment)
    if found and found.lifecycle_stage == "deleted":
        raise UserError(
            f"The experiment {settings.experiment} was deleted: restore it with 'mlflow experiments restore "
            f"--experiment-id {found.experiment_id}', or choose another with tracking.experiment=."
        )
    if found:
        return found.experiment_id
    location = None
    if database := database_file(settings.uri):
        location = (database.parent / "mlartifacts" / settings.experiment).as_uri()
    return mlflow.create_experiment(settings.experiment, location)


@contextlib.contextmanager
def writing(what: str, settings: Server) -> Iterator[None]:
    """Converts MLflow's errors of writing, as with a full disk, to UserError.

    Raises:
        UserError: if an error occurs; the message names what could not be written.
    """
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        raise UserError(f"tracking.uri={settings.safe_uri} does not take {what}: {first_line(error)}.") from error


@contextlib.contextmanager
def exclusive(uri: str) -> Iterator[None]:
    """Locks an SQLite file for operations that two processes must not do at the same time, such as creating tables."""
    database = database_file(uri)
    if database is None:
        yield
        return
    with FileLock(f"{database}.lock"):
        yield


def first_line(error: BaseException) -> str:
    """Returns the first line of the message of an error, or of the database error behind it, without passwords."""
    original = getattr(error, "orig", None) or getattr(error.__cause__, "orig", None) or error
    lines = str(original).strip().splitlines()
    return without_passwords(lines[0])[:200] if lines else type(original).__name__
