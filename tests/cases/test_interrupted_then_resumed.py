"""A run that was interrupted after its model was logged, and then resumed, has the model of its end."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, TINY
from mlflow import MlflowClient

from classifier.artifact.saved_model import model_sha256

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)
EPOCHS = "trainer.epochs=6"


@pytest.fixture
def resumed(case, run, tmp_path) -> dict:
    """The summary of a training that was ended by SIGTERM in the third epoch and then resumed."""
    assert (case("interrupted_then_resumed") / "commands.txt").exists()
    same = [*TINY, EPOCHS, f"tracking.uri=sqlite:///{tmp_path}/mlflow.db", "trainer.resume=true"]
    command = [sys.executable, "-u", "-m", "classifier.train", *same, "hydra.run.dir=first"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        for line in first.stdout:
            if "epoch 3/" in line:
                first.send_signal(signal.SIGTERM)
        assert first.wait() == 130
    assert json.loads((tmp_path / "first" / "summary.json").read_text())["status"] == "KILLED"
    done = run("train", *same, "hydra.run.dir=second")
    assert done.returncode == 0, done.stderr
    return json.loads((tmp_path / "second" / "summary.json").read_text())


def test_every_command_takes_the_newer_model(resumed, run, tmp_path):
    uri = f"tracking.uri=sqlite:///{tmp_path}/mlflow.db"
    expected = model_sha256(Path(resumed["model"]))
    assert model_sha256(tmp_path / "first" / "model") != expected
    (tmp_path / "in.csv").write_text("text\nwhere is my parcel\n")
    scored = ("score", f"model={resumed['run_id']}", "input=in.csv", "output=out.csv")
    explained = ("explain", f"model={resumed['run_id']}", "text=where is my parcel")
    evaluated = ("evaluate", f"run={resumed['run_id']}")
    for name, *arguments in (scored, explained, evaluated):
        done = run(name, *arguments, uri, f"hydra.run.dir={name}")
        assert done.returncode == 0, done.stderr
        used = json.loads((tmp_path / name / "summary.json").read_text())["model"]
        assert model_sha256(Path(used)) == expected
    done = run("promote", f"run={resumed['run_id']}", "name=support", uri)
    assert done.returncode == 0, done.stderr
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    version = client.get_model_version_by_alias("support", "champion")
    assert len(client.get_run(resumed["run_id"]).outputs.model_outputs) == 2
    location = client.get_logged_model(version.source.removeprefix("models:/")).artifact_location
    (folder,) = (file.parent for file in Path(location.removeprefix("file://")).rglob("saved_model.pb"))
    assert model_sha256(folder) == expected
