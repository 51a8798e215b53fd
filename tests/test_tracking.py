"""Runs in MLflow: reachable or refused, found again, nothing lost when the server goes."""

import json
import time
from types import SimpleNamespace

import pytest

from classifier.errors import UserError
from classifier.settings import TrackingSettings
from classifier.tracking import check_reachable, connect, find_model, find_run, identity_of, start_run

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


def test_a_run_is_found_again_by_its_identity(settings, tmp_path):
    assert find_run(settings, "abc") is None
    run = start_run(settings, tmp_path, "abc", None)
    found = find_run(settings, "abc")
    assert (found.run_id, found.output, found.finished) == (run.run_id, tmp_path, False)
    with run:
        pass
    assert find_run(settings, "abc").finished
    assert find_run(settings, "abd") is None


def test_settings_metrics_files_and_datasets_arrive(settings, tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "note.txt").write_text("seven")
    file = SimpleNamespace(path="train.csv", split="train", sha256="5" * 64, rows=7, used=5, classes={"a": 3, "b": 2})
    with start_run(settings, tmp_path, "abc", None) as run:
        run.log_params({"model.depth": 2})
        run.log_metrics({"epoch/loss": 0.5}, step=1)
        run.log_metrics({"epoch/loss": 0.25}, step=2)
        assert run.logged_epochs() == 2
        run.log_datasets([file])
        run.log_folder(tmp_path / "report")
    kept = run.mlflow.get_run(run.run_id)
    assert kept.info.status == "FINISHED"
    assert kept.data.params == {"model.depth": "2"}
    assert kept.data.metrics == {"epoch/loss": 0.25}
    (dataset,) = kept.inputs.dataset_inputs
    assert json.loads(dataset.dataset.profile)["classes"] == {"a": 3, "b": 2}
    assert dataset.tags[0].value == "train"
    assert [one.path for one in run.mlflow.MlflowClient().list_artifacts(run.run_id)] == ["note.txt"]


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (ZeroDivisionError, "FAILED")])
def test_an_exception_ends_the_run_as_what_it_was(settings, tmp_path, error, status):
    run = start_run(settings, tmp_path, "abc", None)
    with pytest.raises(error), run:
        raise error
    assert run.mlflow.get_run(run.run_id).info.status == status


def test_what_a_lost_server_does_not_take_is_sent_when_it_is_back(settings, tmp_path, monkeypatch, capsys):
    with start_run(settings, tmp_path, "abc", None) as run:
        monkeypatch.setattr("classifier.tracking.reachable", lambda _: False)
        log_metrics = run.mlflow.log_metrics
        monkeypatch.setattr(run.mlflow, "log_metrics", refuse)
        run.log_metrics({"epoch/loss": 0.5}, step=1)
        run.log_params({"model.depth": 2})
        assert [name for name, _ in run.unsent] == ["metrics of step 1", "parameters"]
        monkeypatch.setattr(run.mlflow, "log_metrics", log_metrics)
    kept = run.mlflow.get_run(run.run_id)
    assert (kept.data.metrics, kept.data.params) == ({"epoch/loss": 0.5}, {"model.depth": "2"})
    assert "Training goes on" in capsys.readouterr().err


def test_what_never_arrives_is_named(settings, tmp_path, monkeypatch, capsys):
    with start_run(settings, tmp_path, "abc", None) as run:
        monkeypatch.setattr("classifier.tracking.reachable", lambda _: False)
        monkeypatch.setattr(run.mlflow, "log_metrics", refuse)
        run.log_metrics({"epoch/loss": 0.5}, step=1)
    assert f"metrics of step 1, the end of the run. All of it lies in {tmp_path}" in capsys.readouterr().err
    monkeypatch.undo()
    run.mlflow.end_run()


def refuse(*_, **__):
    raise ConnectionError("the cable is out")


def test_identity_depends_on_settings_and_data_alone():
    same = identity_of({"a": 1, "b": 2}, ["x"])
    assert same == identity_of({"b": 2, "a": 1}, ["x"])
    assert len({same, identity_of({"a": 1, "b": 3}, ["x"]), identity_of({"a": 1, "b": 2}, ["y"])}) == 3


def test_an_unknown_model_is_refused(settings):
    for model in ("models:/none@champion", "0123456789abcdef"):
        with pytest.raises(UserError, match=f"model={model} is no folder"):
            find_model(model, settings)


@pytest.mark.filterwarnings("ignore:.*type hint:UserWarning")  # what is logged here is no real model
def test_the_champion_is_the_first_or_a_better_one(settings, tmp_path):
    settings.register = "clf"
    with start_run(settings, tmp_path, "abc", None) as run:
        champions = []
        for value in (0.5, 0.4, 0.6):
            logged = run.mlflow.pyfunc.log_model(
                name="m", python_model=lambda model_input: model_input, pip_requirements=[]
            )
            run.register(logged.model_uri, value, "valid.macro_f1")
            champions.append(connect(settings).MlflowClient().get_model_version_by_alias("clf", "champion").version)
    assert [int(version) for version in champions] == [1, 1, 3]
