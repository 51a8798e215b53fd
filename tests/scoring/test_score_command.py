"""The command: its summary, exit codes and messages."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from table_files import read, write

from classifier.artifact.saved_model import local_folder
from classifier.errors import UserError
from classifier.score import score
from classifier.settings import ScoreSettings

ROOT = Path(__file__).parents[2]


def typed(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "classifier.score", f"hydra.run.dir={folder}/run", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_the_command(tmp_path, model_folder):
    write(tmp_path / "a.csv", [{"text": "where is it"}, {"text": ""}])
    write(tmp_path / "b.csv", [{"text": "thanks"}])
    done = typed(tmp_path, f"model={model_folder}", "input=[a.csv,b.csv]", "output=out.jsonl.gz")
    assert done.returncode == 1 and done.stderr.startswith("Warning: more than 10% of the rows have an error")
    assert "3 rows, 1 of them with an error; " in done.stdout and done.stdout.endswith(" rows/s: out.jsonl.gz\n")
    assert len(read(tmp_path / "out.jsonl.gz")) == 3
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["rows"] == 3 and summary["errors"] == 1 and summary["input"] == ["a.csv", "b.csv"]
    assert {
        "model",
        "model_version",
        "output",
        "labels",
        "mean_score",
        "rows_per_second",
        "seconds",
        "peak_memory_mb",
    } < set(summary)


def test_a_mistake_is_reported_immediately_in_a_sentence(tmp_path, model_folder):
    began = time.monotonic()
    done = typed(tmp_path, f"model={model_folder}", "input=a.csv", "output=b.csv", "top_kk=3")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == "Error: top_kk is not an option. Did you mean 'top_k'?\n"
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("outputs/modle", "there is no such folder. Did you mean outputs/model?"),
        ("outputs/refused", "it holds no saved_model.pb."),
        ("outputs/refusd", "there is no such folder."),
        ("note.md", "model=note.md is a file, not the folder of a SavedModel or of a training."),
        ("~/nowhere/at/all", "there is no such folder."),
    ],
)
def test_unknown_model(model, message, tmp_path, monkeypatch):
    for name in ("model", "refused"):
        (tmp_path / "outputs" / name).mkdir(parents=True)
    (tmp_path / "outputs" / "model" / "saved_model.pb").touch()
    (tmp_path / "note.md").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        local_folder(model)
    assert str(caught.value).endswith(message)


def test_a_run_id_is_looked_up(monkeypatch, tmp_path, model_folder, capsys):
    asked = []

    def find_model(model, tracking, key):
        asked.append((model, tracking.uri))
        return model_folder

    monkeypatch.setattr("classifier.tracking.models.find_model", find_model)
    monkeypatch.setattr("classifier.tracking.models.numbered_version", lambda model, tracking: "mails/7")
    monkeypatch.setattr("classifier.start.start_saved_models", lambda branches: None)
    write(tmp_path / "in.csv", [{"text": "a"}])
    settings = ScoreSettings("models:/mails@champion", str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    summary = score(settings, tmp_path)
    assert asked == [("models:/mails/7", "sqlite:///mlflow.db")]
    assert summary["model"] == str(model_folder) and summary["rows"] == 1
    assert summary["model_version"] == "mails/7" == read(tmp_path / "out.csv")[0]["model_version"]
    assert "\n1 row; " in capsys.readouterr().out
