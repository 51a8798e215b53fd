"""Only what no run needs is listed, nothing is deleted unless requested, and registered versions never."""

import json
import os
from pathlib import Path

import pytest
from finished_runs import make_model, make_run

from classifier.clean import clean
from classifier.errors import UserError
from classifier.files import link_copies, locked
from classifier.settings import CleanSettings, PromotionSettings, Server, TrackingSettings
from classifier.tracking.registry import promote
from classifier.tracking.run import start_run
from classifier.tracking.server import connect

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


class Place:
    """A folder with a database, artifacts and output folders."""

    def __init__(self, root: Path) -> None:
        self.root, self.outputs = root, root / "outputs"
        self.server = Server(f"sqlite:///{root}/mlflow.db")
        self.tracking = TrackingSettings(self.server.uri, experiment="primes", run_name="seven")
        self.client = connect(self.server).MlflowClient()

    def train(self, name: str, model: bool = True, deleted: bool = False) -> tuple[str, Path]:
        """Makes a run with artifacts, a model and an output folder; returns its id and the folder."""
        folder = self.outputs / "train" / name
        (folder / "model").mkdir(parents=True)
        (folder / "model" / "weights").write_bytes(bytes(7000))
        run_id = make_run(self.tracking, folder, 5, {}, splits=["valid"], model=model)
        for left in (folder / run_id, folder / "saved_model"):  # of make_run
            for file in sorted(left.rglob("*"), reverse=True):
                file.rmdir() if file.is_dir() else file.unlink()
            left.rmdir() if left.exists() else None
        (folder / "summary.json").write_text(json.dumps({"run_id": run_id}))
        if deleted:
            self.client.delete_run(run_id)
        return run_id, folder

    def clean(self, delete: bool = False) -> dict:
        return clean(CleanSettings(delete, str(self.outputs), self.server), self.root)

    def listed(self) -> str:
        return "\n".join(f"{row['reason']} {row['path']}" for row in self.clean()["leftovers"])

    def artifacts(self, run_id: str) -> Path:
        return self.root / "mlartifacts" / "primes" / run_id / "artifacts"

    def model(self, run_id: str) -> Path:
        (output,) = self.client.get_run(run_id).outputs.model_outputs
        return self.root / "mlartifacts" / "primes" / "models" / output.model_id


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("clean"))


def contents(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if "mlflow.db" not in path.name}


def test_what_a_deleted_run_left_is_listed_and_deleted_only_on_request(place, capsys):
    kept, kept_folder = place.train("kept")
    gone, folder = place.train("gone", deleted=True)
    (folder / "notes.txt").write_text("written by a user")
    before, model = contents(place.root), place.model(gone)
    listed = place.clean()
    assert {row["path"] for row in listed["leftovers"]} == {str(place.artifacts(gone)), str(model), str(folder)}
    assert not listed["deleted"] and listed["bytes"] > 7000
    assert contents(place.root) == before
    assert "nothing was deleted. Delete them with delete=true." in capsys.readouterr().out
    assert place.clean(delete=True)["deleted"]
    assert not place.artifacts(gone).exists() and not model.exists()
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert place.artifacts(kept).exists() and place.model(kept).exists() and (kept_folder / "model").exists()
    assert place.clean() == {"deleted": False, "bytes": 0, "leftovers": []}


def test_a_registered_version_is_never_deleted(place):
    run_id, folder = place.train("registered")
    promote(run_id, "support", PromotionSettings(), False, place.server)
    place.client.delete_run(run_id)
    assert place.clean(delete=True)["leftovers"] == []
    assert place.model(run_id).exists() and place.artifacts(run_id).exists() and (folder / "model").exists()


def test_a_running_training_is_never_deleted(place):
    run = start_run(place.tracking, place.outputs / "train" / "running", "abc")
    (run.output / "model").mkdir(parents=True)
    make_model(run, place.root)
    run.client.delete_run(run.run_id)
    assert place.clean(delete=True)["leftovers"] == []
    run.client.restore_run(run.run_id)
    run.client.set_terminated(run.run_id)
    run.client.delete_run(run.run_id)
    with locked(run.checkpoint.parent, "training"):  # continued with trainer.resume=true
        assert place.clean(delete=True)["leftovers"] == []
    assert place.model(run.run_id).exists() and (run.output / "model").exists()
    assert len(place.clean(delete=True)["leftovers"]) == 2


def test_a_model_to_which_nothing_points_is_listed(place):
    run_id, folder = place.train("resumed")
    older = place.model(run_id)
    place.client.delete_logged_model(older.name)
    assert f"model that the run seven no longer has {older}" in place.listed()
    assert str(folder) not in place.listed() and str(place.artifacts(run_id)) not in place.listed()
    assert place.clean(delete=True)["bytes"] > 0 and not older.exists()


def test_what_is_not_known_is_kept(place):
    """Runs and models of another database, folders of other runs, links, and folders outside of the outputs."""
    other = place.root / "mlartifacts" / "primes" / ("7" * 32) / "artifacts"
    unknown = place.root / "mlartifacts" / "primes" / "models" / "m-7"
    untracked = place.outputs / "train" / "untracked"
    for folder in (other, unknown, untracked / "model"):
        folder.mkdir(parents=True)
    (untracked / "summary.json").write_text('{"run_id": null}')
    _, folder = place.train("again", model=False, deleted=True)
    make_run(place.tracking, folder, 5, {}, splits=[])  # a later run in the same folder
    outside = place.root / "elsewhere"
    (outside / "model").mkdir(parents=True)
    run = start_run(place.tracking, outside, "abc")
    with run:
        pass
    run.client.delete_run(run.run_id)
    (place.outputs / "train" / "link").symlink_to(outside)
    place.clean(delete=True)
    for path in (other, unknown, untracked / "model", folder / "model", outside / "model"):
        assert path.exists()


@pytest.mark.parametrize("here", [True, False])
def test_the_output_of_a_run_that_was_purged_is_listed_if_it_was_of_this_database(place, here):
    folder = place.outputs / "train" / f"purged {here}"
    files = {
        "summary.json": '{"run_id": "7"}',
        "report/config.yaml": f"tracking:\n  uri: sqlite:///{'mlflow' if here else 'another'}.db\n",
        ".hydra/hydra.yaml": f"hydra:\n  runtime:\n    cwd: {place.root}\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    assert ("a run that the database no longer has" in place.listed()) == here
    place.clean(delete=True)
    assert folder.exists() != here


def test_files_of_a_server_are_refused():
    with pytest.raises(UserError, match="only the files of a local database can be cleaned"):
        clean(CleanSettings(tracking=Server("http://127.0.0.1:9")), Path())


def test_a_logged_model_takes_no_space_of_its_own(tmp_path):
    for name in ("model", "copy"):
        (tmp_path / name / "variables").mkdir(parents=True)
        (tmp_path / name / "variables" / "data").write_bytes(b"seven")
    (tmp_path / "copy" / "MLmodel").write_text("of the copy only")
    link_copies(tmp_path / "model", tmp_path / "copy")
    link_copies(tmp_path / "model", tmp_path / "copy")
    original, copy = (tmp_path / name / "variables" / "data" for name in ("model", "copy"))
    assert os.path.samefile(original, copy) and original.stat().st_nlink == 2
    assert sorted(path.name for path in (tmp_path / "copy").rglob("*")) == ["MLmodel", "data", "variables"]
    (tmp_path / "model" / "variables" / "data").unlink()
    assert copy.read_bytes() == b"seven"
