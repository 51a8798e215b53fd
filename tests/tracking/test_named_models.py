"""A model can be named by a folder, latest, the beginning of a run id, or an address of MLflow."""

import json
import os
from pathlib import Path

import pytest
from finished_runs import make_run

from classifier.errors import UserError
from classifier.settings import Server, TrackingSettings
from classifier.tracking.models import run_config
from classifier.tracking.named_models import model_folder

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


def make_training(folder: Path, status: str = "FINISHED", at: int = 0) -> Path:
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "saved_model.pb").touch()
    (folder / "summary.json").write_text(json.dumps({"status": status}))
    os.utime(folder / "summary.json", (at, at))
    return folder / "model"


def test_all_names_of_a_tracked_model(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    settings = TrackingSettings(uri=f"sqlite:///{tmp_path}/runs.db", experiment="named", system_metrics=False)
    run_id = make_run(settings, tmp_path, 0, {}, model=True)
    named = [run_id, run_id[:8], f"runs:/{run_id}/model", f"runs:/{run_id[:8]}/model", "latest"]
    folders = [model_folder(name, settings) for name in named]
    assert all((folder / "saved_model.pb").exists() for folder in folders)
    with pytest.raises(UserError, match=f"Did you mean {run_id}"):
        model_folder(run_id[:-1] + "x", settings)
    with pytest.raises(UserError, match=r"config\.yaml"):
        run_config(run_id[:8], settings)  # this run has none, but it was found


def test_latest_is_the_training_that_finished_last(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server = Server(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(UserError, match=r"model=latest: no training in outputs/train/, nor at .*none\.db"):
        model_folder("latest", server)
    trainings = Path("outputs/train")
    make_training(trainings / "2026-01-01_10-00-00", at=1)
    newest = make_training(trainings / "2026-01-02_10-00-00", at=2)
    make_training(trainings / "2026-01-03_10-00-00", "KILLED", at=3)
    assert model_folder("latest", server) == newest
    with pytest.raises(UserError, match=r"Did you mean outputs/train/2026-01-02_10-00-00\?"):
        model_folder("2026-01-02_10-00", server)
    own = make_training(Path("latest"))
    assert model_folder("latest", server) == own
