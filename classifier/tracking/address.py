"""Checks the address of a tracking server or database, and whether it answers."""

import base64
import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from classifier.errors import UserError, on_own_line
from classifier.settings.passwords import without_passwords

REACH_SECONDS = 5  # time after which a server counts as unreachable
SQLITE = "sqlite:///"
HEADER = b"SQLite format 3\0"  # first bytes of an SQLite file
DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "mssql": "pymssql"}  # recommended for MLflow's databases
WITH_TIMEOUT = ("psycopg", "psycopg2", "pymysql", "MySQLdb")  # drivers with the option connect_timeout
LOGIN = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"


def database_file(uri: str) -> Path | None:
    """Returns the absolute path of an SQLite database, with %20 decoded; None for a server."""
    return Path(unquote(uri.removeprefix(SQLITE).partition("?")[0])).absolute() if uri.startswith(SQLITE) else None


def local_folder(uri: str) -> Path | None:
    """Returns the folder of a file URI or a path, and None for a remote address."""
    parts = urlsplit(uri)
    return Path(unquote(parts.path)) if parts.scheme == "file" else Path(uri) if not parts.scheme else None


def check_file(uri: str) -> None:
    """Raises UserError if an SQLite file cannot be opened or created."""
    file = database_file(uri)
    if file is None or uri.removeprefix(SQLITE).partition("?")[0] in ("", ":memory:"):
        raise UserError(
            f"tracking.uri={uri} names no file: write sqlite:///mlflow.db, or sqlite:////path/to/mlflow.db."
        )
    if not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        raise UserError(f"tracking.uri={uri}: the folder {file.parent} does not exist or cannot be written.")
    if file.is_dir():
        raise UserError(f"tracking.uri={uri}: {file} is a folder; name a file in it, as {uri.rstrip('/')}/mlflow.db.")
    if file.is_file() and file.stat().st_size and file.open("rb").read(len(HEADER)) != HEADER:
        raise UserError(f"tracking.uri={uri}: the file {file} is not an SQLite database; name another.")
    if file.exists() and not os.access(file, os.W_OK):
        raise UserError(f"tracking.uri={uri}: the file {file} cannot be written.")


def check_server(uri: str, safe_uri: str) -> None:
    """Raises UserError if no MLflow server answers."""
    try:
        request = urllib.request.Request(f"{log_in(uri).rstrip('/')}/health")
        name, password = (os.environ.get(f"MLFLOW_TRACKING_{part}") for part in ("USERNAME", "PASSWORD"))
        if name and password:
            encoded = base64.b64encode(f"{name}:{password}".encode()).decode()
            request.add_header("Authorization", f"Basic {encoded}")
        urllib.request.urlopen(request, timeout=REACH_SECONDS).close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError) and error.code in (401, 403):
            hint = f"Set {LOGIN} in the environment"
        else:
            hint = "Start it, correct the address, or leave tracking.uri out to keep the runs in ./mlflow.db"
        reason = without_passwords(str(getattr(error, "reason", error)))
        raise UserError(f"The MLflow server tracking.uri={safe_uri} does not answer ({reason}). {hint}.") from error


def log_in(uri: str) -> str:
    """Moves the user name and password of an address to the environment, where MLflow reads them."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or parts.username is None:
        return uri
    os.environ["MLFLOW_TRACKING_USERNAME"] = unquote(parts.username)
    if parts.password is not None:
        os.environ["MLFLOW_TRACKING_PASSWORD"] = unquote(parts.password)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def check_database(uri: str, safe_uri: str) -> None:
    """Raises UserError if the driver is missing or no database answers."""
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    kind = uri.partition("://")[0].partition("+")[0]
    try:
        driver = make_url(uri).get_dialect().import_dbapi().__name__
    except ImportError as error:
        advised = f"{kind}+{DRIVERS[kind]}"
        raise UserError(
            f"tracking.uri={safe_uri} needs the driver {error.name}, which is not installed: write {advised}://... "
            f"and install it:{on_own_line(f'pip install {DRIVERS[kind]}')}"
        ) from error
    except (SQLAlchemyError, ValueError) as error:
        raise UserError(f"tracking.uri={safe_uri} is not an address: {without_passwords(str(error))}.") from error
    limit = {"connect_timeout": REACH_SECONDS} if driver in WITH_TIMEOUT else {}
    try:
        create_engine(uri, connect_args=limit, poolclass=NullPool).connect().close()
    except SQLAlchemyError as error:
        reason = without_passwords(str(getattr(error, "orig", error)).strip().splitlines()[0])
        raise UserError(f"The database tracking.uri={safe_uri} does not answer ({reason}).") from error
