"""Tracking addresses: wrong addresses are reported in a sentence, and passwords are neither shown nor stored."""

import base64
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from classifier.errors import UserError
from classifier.settings import Server, TrackingSettings
from classifier.settings.passwords import without_passwords
from classifier.tracking.models import find_model, run_config
from classifier.tracking.run import start_run
from classifier.tracking.server import check_reachable, connect, interface, reachable
from classifier.tracking.views import view_address

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)
ROOT = Path(__file__).parents[2]
WRONG = {
    "": "tracking.uri= is not an address",
    "ftp://x": "tracking.uri=ftp://x: runs cannot be kept at ftp://; write sqlite:///",
    "postgres://user@localhost/x": "runs cannot be kept at postgres://; write",
    "sqlite://": "tracking.uri=sqlite:// names no file: write sqlite:///mlflow.db",
    "sqlite:///": "names no file",
    "sqlite:///:memory:": "names no file",
    "sqlite:////tmp": "/tmp is a folder; name a file in it, as sqlite:////tmp/mlflow.db",
    "sqlite:////nowhere/x.db": "the folder /nowhere does not exist or cannot be written",
    "mysql://user:secret@localhost/x": "needs the driver MySQLdb, which is not installed: write mysql+pymysql://...",
    "mysql+none://user:secret@localhost/x": "is not an address",
    "mysql://user:secret@localhost:port/x": "is not an address",
    "http://[::1": "tracking.uri=http://[::1 does not answer (",
    "http://user:secret@127.0.0.1:9": "tracking.uri=http://user:***@127.0.0.1:9 does not answer (",
    "http://user:se@cr:et@127.0.0.1:9": "tracking.uri=http://user:***@127.0.0.1:9 does not answer (",
}


@pytest.mark.parametrize("uri", WRONG)
def test_a_wrong_address_is_refused_in_a_sentence(uri):
    with pytest.raises(UserError) as refused:
        check_reachable(Server(uri))
    assert WRONG[uri] in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_database_that_does_not_answer_is_refused():
    pytest.importorskip("psycopg")
    with pytest.raises(UserError, match=r"The database .*user:\*\*\*@127\.0\.0\.1:9/runs does not answer") as refused:
        check_reachable(Server("postgresql+psycopg://user:secret@127.0.0.1:9/runs"))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://me:pass@host:80/x", "http://me:***@host:80/x"),
        ("mysql+pymysql://me:p/a:s@s@host/x", "mysql+pymysql://me:***@host/x"),
        ("('http://me:pass@host', 'http://host:5000')", "('http://me:***@host', 'http://host:5000')"),
        ("http://:pass@host", "http://:***@host"),
        ("uri: 'mssql+pymssql://me:p@h'\nname: x@y", "uri: 'mssql+pymssql://me:***@h'\nname: x@y"),
        (
            "http://host:5000/a b@c, sqlite:////tmp/a@b.db, me@host",
            "http://host:5000/a b@c, sqlite:////tmp/a@b.db, me@host",
        ),
    ],
)
def test_passwords_and_nothing_else_are_hidden(text, expected):
    assert without_passwords(text) == expected


def test_the_line_to_look_at_runs_can_be_pasted():
    line = interface(Server("sqlite:///mlflow.db"))
    assert line == "MLFLOW_DISABLE_TELEMETRY=true mlflow ui --backend-store-uri sqlite:///mlflow.db"
    line = interface(Server("sqlite:////tmp/my runs/it's.db"))
    assert shlex.split(line)[-1] == "sqlite:////tmp/my runs/it's.db"
    assert "secret" not in interface(Server("postgresql://me:secret@host/runs"))
    assert interface(Server("http://me:secret@host:5000")) == "http://me:***@host:5000"
    assert "secret" not in view_address(Server("http://me:secret@host:5000"), "1", "2")


@pytest.fixture
def guarded():
    """The port of a server that only accepts the user me with the password s:cr/et."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            expected = "Basic " + base64.b64encode(b"me:s:cr/et").decode()
            self.send_response(200 if self.headers["Authorization"] == expected else 401)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


def test_a_name_and_a_password_are_taken_from_the_address_or_the_environment(guarded, monkeypatch):
    place = f"127.0.0.1:{guarded}"
    with pytest.raises(UserError, match="Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD in the environment"):
        check_reachable(Server(f"http://{place}"))
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "me")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "s:cr/et")
    check_reachable(Server(f"http://{place}"))
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "another")
    assert not reachable(Server(f"http://{place}"))
    address = Server(f"http://me:s%3Acr%2Fet@{place}")
    check_reachable(address)
    monkeypatch.setattr("mlflow.set_tracking_uri", lambda uri: uris.append(uri))
    uris = []
    connect(address)
    assert uris == [f"http://{place}"]


def test_another_registry_is_refused(tmp_path, monkeypatch):
    here = Server(f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", here.uri)
    check_reachable(here)
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://me:secret@elsewhere")
    with pytest.raises(UserError, match=r"MLFLOW_REGISTRY_URI=http://me:\*\*\*@elsewhere: models are registered where"):
        check_reachable(here)


@pytest.mark.parametrize("look", [find_model, run_config])
def test_looking_for_a_run_makes_no_database(tmp_path, look):
    with pytest.raises(UserError, match=r"there is no file .*/mlflow\.db"):
        look("0" * 32, Server(f"sqlite:///{tmp_path}/mlflow.db"))
    assert not list(tmp_path.iterdir())


def command(folder: Path, name: str, *overrides: str) -> subprocess.CompletedProcess:
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "SECRET_URI": "ftp://me:secret@host"}
    arguments = [sys.executable, "-m", f"classifier.{name}", *overrides]
    return subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("name", ["clean", "compare", "evaluate", "explain", "promote", "publish", "score", "train"])
def test_the_environment_names_the_server_and_the_experiment(tmp_path, monkeypatch, name):
    config = OmegaConf.create(command(tmp_path, name, "--cfg", "job").stdout)
    assert config.tracking.uri == "sqlite:///mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert config.tracking.uri == "http://127.0.0.1:9"
    given = OmegaConf.create(command(tmp_path, name, "tracking.uri=sqlite:///given.db", "--cfg", "job").stdout)
    assert given.tracking.uri == "sqlite:///given.db"
    if name == "train":
        assert config.tracking.experiment == "embedded"
        monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "odd primes")
        assert config.tracking.experiment == "odd primes"


def saved_text(folder: Path) -> str:
    return "\n".join(path.read_text() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "override",
    [
        'tracking.uri="http://someone:secret@127.0.0.1:1"',
        "+tracking={uri: postgresql://someone:secret@host/runs}",
        "hydra.sweeper.storage=postgresql+psycopg://someone:secret@host/optuna",
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_stored(tmp_path, override):
    done = command(tmp_path, "train", override)
    assert done.returncode == 2
    assert "someone:***@" in done.stderr and "holds a password, which would be kept" in done.stderr
    assert "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD" in done.stderr
    assert "secret" not in done.stdout + done.stderr + saved_text(tmp_path)


def test_a_password_from_the_environment_is_not_stored(tmp_path):
    done = command(tmp_path, "train", "tracking.uri=${oc.env:SECRET_URI}", "hydra.run.dir=out")
    assert (done.returncode, "tracking.uri=ftp://me:***@host: runs cannot" in done.stderr) == (2, True)
    assert "secret" not in done.stdout + done.stderr + saved_text(tmp_path)


def test_a_password_of_a_configuration_file_is_not_saved_again(tmp_path):
    (tmp_path / "recipe").mkdir()
    (tmp_path / "recipe" / "ours.yaml").write_text("# @package _global_\ntracking:\n  uri: ftp://me:secret@host\n")
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").touch()  # otherwise the folder of a refused training is removed
    searched = f"hydra.searchpath=[file://{tmp_path}]"
    done = command(tmp_path, "train", "recipe=ours", searched, f"hydra.run.dir={out}")
    assert (done.returncode, "tracking.uri=ftp://me:***@host: runs cannot" in done.stderr) == (2, True)
    assert "me:***@host" in (out / ".hydra" / "config.yaml").read_text()
    assert "secret" not in done.stdout + done.stderr + saved_text(out)


@pytest.mark.parametrize("name", ["my runs", "50%", "a#b", "it's", "grün", "[v2]", "a:b@c"])
def test_a_file_may_lie_in_any_folder(tmp_path, name):
    settings = TrackingSettings(f"sqlite:///{tmp_path}/{name}/mlflow.db", experiment="primes", system_metrics=False)
    (tmp_path / name / "report").mkdir(parents=True)
    (tmp_path / name / "report" / "note.txt").write_text("seven")
    check_reachable(settings)
    with start_run(settings, tmp_path, "abc") as run:
        run.log_folder(tmp_path / name / "report")
    assert [one.path for one in run.client.list_artifacts(run.run_id)] == ["note.txt"]
    assert (tmp_path / name / "mlflow.db").exists() and not run.refused


def test_a_file_is_found_where_its_address_is_quoted(tmp_path):
    (tmp_path / "my runs").mkdir()
    settings = TrackingSettings(f"sqlite:///{tmp_path}/my%20runs/mlflow.db", experiment="primes")
    check_reachable(settings)
    start_run(settings, tmp_path, "abc")
    assert {path.name for path in (tmp_path / "my runs").iterdir()} == {"mlflow.db", "mlflow.db.lock"}
