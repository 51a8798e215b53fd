"""The address of a tracking server or a database: what is wrong with it, and whether anything answers there."""

import base64
import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from classifier.errors import UserError
from classifier.settings.passwords import without_passwords

REACH_SECONDS = 5  # a server that does not answer for so long is unreachable
SQLITE = "sqlite:///"
HEADER = b"SQLite format 3\0"  # with which such a file begins
DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "mssql": "pymssql"}  # to recommend, by MLflow's databases
WITH_TIMEOUT = ("psycopg", "psycopg2", "pymysql", "MySQLdb")  # drivers that know connect_timeout
LOGIN = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"


def database_file(uri: str) -> Path | None:
    """The absolute path of an SQLite database, in which %20 is a space; None of a server."""
    return Path(unquote(uri.removeprefix(SQLITE).partition("?")[0])).absolute() if uri.startswith(SQLITE) else None


def check_file(uri: str) -> None:
    """Raises UserError where an SQLite file cannot be opened or made."""
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


def check_server(uri: str, shown: str) -> None:
    """Raises UserError where no MLflow server answers."""
    try:
        request = urllib.request.Request(f"{log_in(uri).rstrip('/')}/health")
        name, password = (os.environ.get(f"MLFLOW_TRACKING_{one}") for one in ("USERNAME", "PASSWORD"))
        if name and password:
            encoded = base64.b64encode(f"{name}:{password}".encode()).decode()
            request.add_header("Authorization", f"Basic {encoded}")
        urllib.request.urlopen(request, timeout=REACH_SECONDS).close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError) and error.code in (401, 403):
            way = f"Set {LOGIN} in the environment"
        else:
            way = "Start it, correct the address, or leave tracking.uri out to keep the runs in ./mlflow.db"
        reason = without_passwords(str(getattr(error, "reason", error)))
        raise UserError(f"The MLflow server tracking.uri={shown} does not answer ({reason}). {way}.") from error


def log_in(uri: str) -> str:
    """The address without name and password, which MLflow takes from the environment; here they are put there."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or parts.username is None:
        return uri
    os.environ["MLFLOW_TRACKING_USERNAME"] = unquote(parts.username)
    if parts.password is not None:
        os.environ["MLFLOW_TRACKING_PASSWORD"] = unquote(parts.password)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def check_database(uri: str, shown: str) -> None:
    """Raises UserError where the driver is missing or no database answers."""
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
            f"tracking.uri={shown} needs the driver {error.name}, which is not installed: write {advised}://... "
            f"and pip install {DRIVERS[kind]}."
        ) from error
    except (SQLAlchemyError, ValueError) as error:
        raise UserError(f"tracking.uri={shown} is not an address: {without_passwords(str(error))}.") from error
    limit = {"connect_timeout": REACH_SECONDS} if driver in WITH_TIMEOUT else {}
    try:
        create_engine(uri, connect_args=limit, poolclass=NullPool).connect().close()
    except SQLAlchemyError as error:
        reason = without_passwords(str(getattr(error, "orig", error)).strip().splitlines()[0])
        raise UserError(f"The database tracking.uri={shown} does not answer ({reason}).") from error
