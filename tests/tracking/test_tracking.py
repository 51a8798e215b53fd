"""Runs in MLflow: reachability, resuming, and no loss of data if the server is unavailable."""

import json
import os
import re
import signal
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from finished_runs import make_model, make_run
from forked_commands import start_process
from mlflow.entities import LoggedModelOutput

from classifier.errors import UserError
from classifier.files import locked
from classifier.settings import CompareSettings, PromotionSettings, TrackingSettings
from classifier.tracking.abandoned import HOST, end_abandoned_runs
from classifier.tracking.comparison_run import log_comparison
from classifier.tracking.models import find_model, log_folder, run_config, run_of_model
from classifier.tracking.named_runs import PARENT
from classifier.tracking.open_run import open_run
from classifier.tracking.patience import Patience
from classifier.tracking.registry import promote
from classifier.tracking.run import Run, find_run, identity_of, start_run
from classifier.tracking.run_models import models_of
from classifier.tracking.run_records import find_records
from classifier.tracking.server import check_reachable, connect, experiment_id
from classifier.tracking.untracked import UntrackedRun

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


@pytest.fixture
def settings(tmp_path):
    return TrackingSettings(f"sqlite:///{tmp_path}/mlflow.db", experiment="primes", system_metrics=False)


def test_a_server_that_does_not_answer_is_refused_quickly():
    began = time.monotonic()
    with pytest.raises(UserError, match=r"tracking\.uri=http://127\.0\.0\.1:9 does not answer"):
        check_reachable(TrackingSettings("http://127.0.0.1:9"))
    assert time.monotonic() - began < 10


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(UserError, match="does not exist or cannot be written"):
        check_reachable(TrackingSettings(f"sqlite:///{tmp_path}/none/mlflow.db"))


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "note.txt").write_text("no database at all, just a text of some length " * 30)
    settings = TrackingSettings(f"sqlite:///{tmp_path}/note.txt", experiment="primes")
    with pytest.raises(UserError, match="is not a database that MLflow can use"):
        start_run(settings, tmp_path, "abc")


def test_a_run_is_found_again_by_its_identity(settings, tmp_path):
    assert find_run(settings, "abc") is None
    run = start_run(settings, tmp_path, "abc")
    found = find_run(settings, "abc")
    assert (found.run_id, found.output, found.finished) == (run.run_id, tmp_path, False)
    assert found.checkpoint == tmp_path / "checkpoint" / "state.npz"
    with run:
        pass
    assert find_run(settings, "abc").finished
    assert find_run(settings, "abd") is None


def test_settings_metrics_files_and_datasets_arrive(settings, tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "note.txt").write_text("seven")
    file = SimpleNamespace(path="train.csv", split="train", sha256="5" * 64, rows=7, used=5, classes={"a": 3, "b": 2})
    with start_run(settings, tmp_path, "abc") as run:
        run.log_params({"encoder.depth": "2"})
        run.log_metrics({"epoch/loss": 0.5}, step=1)
        run.log_metrics({"epoch/loss": 0.25}, step=2)
        assert run.logged_epochs() == 2
        run.log_datasets([file])
        run.log_folder(tmp_path / "report")
        address = run.show_runs()
    view = f"mlflow.sharedViewState.{re.search('viewStateShareKey=([a-z]+)', address)[1]}"
    assert f"/#/experiments/{run.experiment}/runs?" in address
    assert view in run.client.get_experiment(run.experiment).tags
    kept = run.client.get_run(run.run_id)
    assert kept.info.status == "FINISHED"
    assert kept.data.params == {"encoder.depth": "2"}
    assert kept.data.metrics == {"epoch/loss": 0.25}
    (dataset,) = kept.inputs.dataset_inputs
    assert json.loads(dataset.dataset.profile)["classes"] == {"a": 3, "b": 2}
    assert dataset.tags[0].value == "train"
    assert [one.path for one in run.client.list_artifacts(run.run_id)] == ["note.txt"]


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (ZeroDivisionError, "FAILED")])
def test_an_exception_ends_the_run_as_what_it_was(settings, tmp_path, error, status):
    run = start_run(settings, tmp_path, "abc")
    with pytest.raises(error), run:
        raise error
    assert run.client.get_run(run.run_id).info.status == status


class Cable:
    """A client whose connection to the server can be interrupted."""

    def __init__(self, run, monkeypatch):
        self.connected, log_batch = True, type(run.client).log_batch

        def over_the_cable(*arguments, **named):
            if not self.connected:
                raise ConnectionError("the cable is out")
            return log_batch(*arguments, **named)

        monkeypatch.setattr(type(run.client), "log_batch", over_the_cable)
        monkeypatch.setattr("classifier.tracking.run.reachable", lambda _: self.connected)


def test_what_a_lost_server_does_not_take_is_sent_when_it_is_back(settings, tmp_path, monkeypatch, capsys):
    with start_run(settings, tmp_path, "abc") as run:
        cable = Cable(run, monkeypatch)
        cable.connected = False
        run.log_metrics({"epoch/loss": 0.5}, step=1)
        run.log_params({"encoder.depth": "2"})
        assert [name for name, _ in run.waiting] == ["metrics of step 1", "parameters"]
        cable.connected = True
    kept = run.client.get_run(run.run_id)
    assert (kept.data.metrics, kept.data.params) == ({"epoch/loss": 0.5}, {"encoder.depth": "2"})
    assert kept.info.status == "FINISHED"
    assert capsys.readouterr().err.count("Training continues") == 1


def test_what_never_arrives_is_named(settings, tmp_path, monkeypatch, capsys):
    with start_run(settings, tmp_path, "abc") as run:
        Cable(run, monkeypatch).connected = False
        run.log_metrics({"epoch/loss": 0.5}, step=1)
    assert f"metrics of step 1, the end of the run. All of it is in {tmp_path}" in capsys.readouterr().err


def test_what_the_server_refuses_is_named_and_holds_up_nothing(settings, tmp_path, capsys):
    with start_run(settings, tmp_path, "abc") as run:
        run.log_metrics({"not?a!name": 0.5}, step=1)
        run.log_params({"encoder.depth": "2"})
    kept = run.client.get_run(run.run_id)
    assert (kept.info.status, kept.data.params) == ("FINISHED", {"encoder.depth": "2"})
    assert "Not sent" in capsys.readouterr().err


@pytest.fixture
def full_disk(settings, monkeypatch):
    """full_disk(True) makes the database reject all writes; full_disk(False) restores it."""
    from mlflow.exceptions import TEMPORARILY_UNAVAILABLE, MlflowException
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    full = []

    def writing(method):
        def write(*arguments, **named):
            if full:
                raise MlflowException("(sqlite3.OperationalError) database or disk is full", TEMPORARILY_UNAVAILABLE)
            return method(*arguments, **named)

        return write

    for name in ("log_batch", "update_run_info", "create_run", "set_tag", "create_logged_model"):
        monkeypatch.setattr(SqlAlchemyStore, name, writing(getattr(SqlAlchemyStore, name)))

    def switch(on: bool) -> None:
        full[:] = [on] * on

    return switch


def test_a_full_disk_fails_the_run_which_the_next_command_ends(settings, tmp_path, full_disk, capsys):
    with locked(tmp_path / "checkpoint", "training"), start_run(settings, tmp_path, "abc") as run:
        end_abandoned_runs(settings)
        assert run.client.get_run(run.run_id).info.status == "RUNNING"  # its process is running
        full_disk(True)
        run.log_metrics({"epoch/loss": 0.5}, step=1)
        make_model(run, tmp_path)
    assert run.refused == ["metrics of step 1", "the model", "the end of the run"]
    said = capsys.readouterr().err
    assert "database or disk is full. Training continues" in said
    assert "the end of the run. All of it is in" in said and "trainer.resume=true sends it" in said
    end_abandoned_runs(settings)  # and cannot be ended
    assert run.client.get_run(run.run_id).info.status == "RUNNING"
    with pytest.raises(UserError, match=r"does not take a run: \(sqlite3\.OperationalError\) database or disk is full"):
        start_run(settings, tmp_path, "abc")
    with pytest.raises(UserError, match=r"does not take the comparison: .* database or disk is full"):
        log_comparison(experiment_id(run.mlflow, settings), "compare", {}, {}, tmp_path, settings)
    full_disk(False)
    with pytest.raises(UserError, match="has logged no model"):
        find_model(run.run_id, settings)
    assert run.client.get_run(run.run_id).info.status == "FAILED"
    assert not find_run(settings, "abc").finished


def test_a_disk_with_room_again_leaves_a_failed_run(settings, tmp_path, full_disk):
    with start_run(settings, tmp_path, "abc") as run:
        full_disk(True)
        run.log_metrics({"epoch/loss": 0.5}, step=1)
        full_disk(False)
    assert run.client.get_run(run.run_id).info.status == "FAILED"


def test_a_sweep_reports_what_its_database_rejects(settings, full_disk, monkeypatch):
    monkeypatch.setattr("classifier.tracking.patience.PAUSE_SECONDS", 0)
    mlflow = connect(settings)
    experiment = experiment_id(mlflow, settings)
    full_disk(True)
    with pytest.raises(UserError, match=r"rejects what the sweep sends: .* database or disk is full\. Once it"):
        Patience(settings)(lambda: mlflow.MlflowClient().create_run(experiment))
    with pytest.raises(ZeroDivisionError):  # a bug
        Patience(settings)(lambda: 1 / 0)


def test_only_the_trainings_of_dead_processes_of_this_machine_are_ended(settings, tmp_path):
    alive, dead, elsewhere, trial = (tmp_path / name for name in ("alive", "dead", "elsewhere", "trial"))
    runs = {folder: start_run(settings, folder, "abc") for folder in (alive, dead, elsewhere, trial)}
    client = runs[alive].client
    client.set_tag(runs[elsewhere].run_id, HOST, "another machine")
    client.set_tag(runs[trial].run_id, PARENT, "a sweep")
    with locked(alive / "checkpoint", "training"):
        with locked(dead / "checkpoint", "training"):
            pass
        end_abandoned_runs(settings)
    found = {folder.name: client.get_run(run.run_id).info.status for folder, run in runs.items()}
    assert found == {"alive": "RUNNING", "dead": "FAILED", "elsewhere": "RUNNING", "trial": "RUNNING"}


def test_a_run_that_is_continued_is_running_again(settings, tmp_path):
    with pytest.raises(KeyboardInterrupt), start_run(settings, tmp_path, "abc"):
        raise KeyboardInterrupt
    later = tmp_path / "later"
    with start_run(settings, later, "abc", find_run(settings, "abc")) as run:
        assert run.client.get_run(run.run_id).info.status == "RUNNING"
    found = find_run(settings, "abc")
    assert (found.run_id, found.output, found.finished) == (run.run_id, later, True)
    assert found.checkpoint.parent.parent == tmp_path


def test_two_concurrent_first_uses_of_a_file(tmp_path):
    """Both processes create the tables; MLflow itself would corrupt them."""
    settings = TrackingSettings(f"sqlite:///{tmp_path}/mlflow.db", experiment="primes")
    both = [start_process(write_experiment, settings, tmp_path / f"{number}.txt") for number in range(2)]
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert (tmp_path / "0.txt").read_text() == (tmp_path / "1.txt").read_text() == "1"


def write_experiment(settings: TrackingSettings, path: Path, killed: bool = False) -> None:
    """Writes the number of the experiment to the file; or kills its process while it creates the database."""
    from mlflow.store.db import utils

    if killed:
        utils._upgrade_db = lambda engine: os.kill(os.getpid(), signal.SIGKILL)
    path.write_text(str(experiment_id(connect(settings), settings)))


def test_identity_depends_on_settings_and_data_alone():
    same = identity_of({"a": 1, "b": 2}, ["x"])
    assert same == identity_of({"b": 2, "a": 1}, ["x"])
    assert len({same, identity_of({"a": 1, "b": 3}, ["x"]), identity_of({"a": 1, "b": 2}, ["y"])}) == 3


def test_an_unknown_model_is_refused(settings):
    for model in ("models:/none@champion", "0123456789abcdef"):
        with pytest.raises(UserError, match=f"model={model} is neither a folder"):
            find_model(model, settings)


def test_explanations_are_logged_next_to_each_other_in_the_run_of_the_model(settings, tmp_path):
    from mlflow import MlflowClient

    run_id, client = make_run(settings, tmp_path, 0, {}, model=True), MlflowClient(settings.uri)
    run = client.get_run(run_id)
    model = client.get_logged_model(run.outputs.model_outputs[-1].model_id)
    assert model.experiment_id == run.info.experiment_id
    assert model.artifact_location.startswith((tmp_path / "mlartifacts" / "primes").as_uri())
    folder = find_model(run_id, settings)
    assert (
        run_of_model(run_id, folder, settings) == run_of_model(f"models:/{model.model_id}", folder, settings) == run_id
    )
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "explanation.html").write_text("why")
    for name in ("explanation/noon", "explanation/night"):
        assert log_folder(run_id, tmp_path / "page", name, settings)
    kept = {one.path for one in client.list_artifacts(run_id, "explanation")}
    assert kept == {"explanation/noon", "explanation/night"}


def log_models(client, run, folder, count):
    """Logs several models to the run, each with its number in a file, and returns their ids."""
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    ids = []
    for number in range(count):
        model = client.create_logged_model(run.info.experiment_id, name="model", source_run_id=run.info.run_id)
        client.log_outputs(run.info.run_id, [LoggedModelOutput(model.model_id, step=number)])
        (folder / "saved_model.pb").write_text(str(number))
        client.log_model_artifacts(model.model_id, str(folder))
        client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
        ids.append(model.model_id)
    return ids


def test_the_newest_of_several_models_of_a_run_is_taken(settings, tmp_path):
    """MLflow's SQL store has no defined order."""
    folder = tmp_path / "saved_model"
    folder.mkdir()
    run = start_run(settings, tmp_path, "abc")
    for number in range(20):
        one = run.client.create_run(experiment_id(run.mlflow, settings))
        ids = log_models(run.client, one, folder, count := 2 + number % 2)
        found = find_model(one.info.run_id, settings)
        assert (found / "saved_model.pb").read_text() == str(count - 1)
        assert [model.model_id for model in models_of(run.mlflow, run.client.get_run(one.info.run_id))] == ids[::-1]
        if number < 3:
            assert promote(one.info.run_id, f"name{number}", PromotionSettings(), False, settings).promoted
            version = run.client.get_model_version_by_alias(f"name{number}", "champion")
            assert version.source == f"models:/{ids[-1]}"


def test_a_model_that_is_not_complete_does_not_count(settings, tmp_path):
    with start_run(settings, tmp_path, "abc") as run:
        make_model(run, tmp_path)
        run.client.log_outputs(run.run_id, [LoggedModelOutput(unfinished(run, settings), step=7)])
    (first, second) = models_of(run.mlflow, run.client.get_run(run.run_id))
    assert (first.model_id, second.status) == (run.model_id, "PENDING")


def unfinished(run, settings) -> str:
    return run.client.create_logged_model(experiment_id(run.mlflow, settings), source_run_id=run.run_id).model_id


def test_a_run_that_is_resumed_keeps_its_last_model_and_what_is_registered(settings, tmp_path):
    with start_run(settings, tmp_path, "abc") as run:
        make_model(run, tmp_path)
    first = run.model_id
    with start_run(settings, tmp_path, "abc", find_run(settings, "abc")) as run:
        make_model(run, tmp_path)
    second = run.model_id
    assert [one.model_id for one in models_of(run.mlflow, run.client.get_run(run.run_id))] == [second] != [first]
    run.mlflow.register_model(f"models:/{second}", "kept")
    with start_run(settings, tmp_path, "abc", find_run(settings, "abc")) as run:
        make_model(run, tmp_path)
    found = models_of(run.mlflow, run.client.get_run(run.run_id))
    assert [one.model_id for one in found] == [run.model_id, second]


def test_the_older_model_stays_where_the_newer_does_not_arrive(settings, tmp_path, monkeypatch):
    with start_run(settings, tmp_path, "abc") as run:
        make_model(run, tmp_path)
    first = run.model_id

    def refuse(*_):
        raise OSError("no room")

    monkeypatch.setattr("classifier.tracking.run.log_model", refuse)
    with start_run(settings, tmp_path, "abc", find_run(settings, "abc")) as run:
        make_model(run, tmp_path)
    assert [one.model_id for one in models_of(run.mlflow, run.client.get_run(run.run_id))] == [first]


def test_an_unknown_run_is_reported_with_the_most_similar_run(settings, tmp_path):
    named = replace(settings, run_name="quiet-owl-17")
    with start_run(named, tmp_path, "abc") as run:
        pass
    wrong = f"{run.run_id[:-1]}{'0' if run.run_id[-1] != '0' else '1'}"
    for typed in (run.run_id[:7], wrong, "quiet-owl-71"):
        for look in (
            partial(find_model, typed, settings),
            partial(run_config, typed, settings),
            partial(find_run, replace(settings, run_id=typed), "abc"),
            partial(promote, typed, "name", PromotionSettings(), False, settings),
            partial(find_records, CompareSettings(runs=[run.run_id, typed], tracking=settings)),
        ):
            with pytest.raises(UserError, match=rf"{typed}.*not found\. Did you mean {run.run_id}\?$"):
                look()
    with pytest.raises(UserError, match=r"not found\.$"):
        find_model("something_else", settings)
    with pytest.raises(UserError, match=r"only Default, primes\. Did you mean primes\?"):
        find_records(CompareSettings(experiment="prime", tracking=settings))


def test_a_process_that_is_killed_while_it_creates_the_database_leaves_none(tmp_path):
    (tmp_path / "a b").mkdir()
    settings = TrackingSettings(f"sqlite:///{tmp_path}/a%20b/runs.db", experiment="one")
    for killed, code in ((True, -signal.SIGKILL), (False, 0)):
        process = start_process(write_experiment, settings, tmp_path / "experiment.txt", killed)
        process.join()
        assert process.exitcode == code
    assert (tmp_path / "experiment.txt").read_text() == "1"
    assert {path.name for path in (tmp_path / "a b").iterdir()} == {"runs.db", "runs.db.lock"}


def test_the_folds_of_a_run_are_deleted_with_its_checkpoint_or_by_a_new_run(settings, tmp_path):
    kept = [tmp_path / "checkpoint" / name for name in ("state.npz", "fold_1.npz", "fold_2_state.npz")]
    kept[0].parent.mkdir()
    other = tmp_path / "checkpoint" / "teacher.parquet"
    for path in (*kept, other):
        path.touch()
    for tracking in (settings, replace(settings, enabled=False)):
        with open_run(tracking, tmp_path, "folds", resume=False) as run:
            assert not any(path.exists() for path in kept), "they belong to another run"
            for path in kept:
                path.touch()
        assert isinstance(run, Run | UntrackedRun)
        assert not any(path.exists() for path in kept) and other.exists()
