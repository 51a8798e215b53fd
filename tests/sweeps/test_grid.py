"""A sweep over a grid: one run with a child for each trial; failures are reported, logged and retried."""

import csv
import json
import os
import signal
from threading import Event

import pytest
from fake_process import FakeProcess
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from classifier.command_line.choices import CONF
from classifier.sweeps.process import REFUSED, Ended

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
CRASH = Ended(-9, "killed by SIGKILL")


def by_depth(values):
    return 0.1 * int(values["encoder.depth"])


def table(done):
    with (done.report / "trials.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_grid_is_one_run_with_a_child_for_each_trial(run_sweep):
    two = "hydra.launcher.processes=2"
    done = run_sweep("encoder.depth=1,2", "seed=0,1", "encoder.linear=none", two, score=by_depth)
    assert done.code == 0, done.err
    (parent,) = done.parents
    assert parent.info.status == "FINISHED"
    assert [run.info.run_name for run in done.children] == [f"depth={d} seed={s}" for d in (1, 2) for s in (0, 1)]
    for run in done.children:
        assert run.info.status == "FINISHED"
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert (run.data.tags["sweep"], run.data.tags["dataset"]) == ("encoder.depth,seed", "embedded")
        assert len(run.data.tags["mlflow.source.git.commit"]) == 40
    assert parent.data.metrics["valid.macro_f1"] == 0.2
    assert parent.data.metrics["trials.finished"] == 4
    kept = {one.path for one in done.client.list_artifacts(parent.info.run_id)}
    assert {"trials.csv", "trials.json", "sweep.yaml", "best.yaml", "sweep.html"} <= kept
    assert {values["hydra.run.dir"] for values in done.started} == {str(done.folder / str(n)) for n in range(4)}
    assert {values["tracking.run_id"] for values in done.started} == {run.info.run_id for run in done.children}
    view = done.client.get_experiment(parent.info.experiment_id).tags[f"mlflow.sharedViewState.{parent.info.run_id}"]
    for column in ("params.`encoder.depth`", "params.`seed`", "metrics.`valid.macro_f1`", "tags.`dataset`"):
        assert column in view
    assert f"runs?viewStateShareKey={parent.info.run_id}" in parent.data.tags["mlflow.note.content"]
    assert f"runs?viewStateShareKey={parent.info.run_id}" in done.out
    rows = table(done)
    assert rows[3]["name"] == "depth=2 seed=1"
    assert "encoder.depth=2 seed=1 encoder.linear=none" in rows[3]["overrides"]
    assert (rows[3]["status"], rows[3]["valid.macro_f1"], rows[3]["test.macro_f1"]) == ("FINISHED", "0.2", "0.1")
    assert json.loads((done.folder / "summary.json").read_text())["best"]["overrides"][-3] == "encoder.depth=2"


def test_a_failed_trial_is_reported_and_retried_by_the_same_command(run_sweep):
    first = run_sweep("encoder.depth=1,2,3", score=lambda values: CRASH if values["encoder.depth"] == "2" else 0.5)
    assert first.code == 2
    assert "1 of 3 trials failed" in first.err
    assert "#1 depth=2: killed by SIGKILL" in first.err
    assert [run.info.status for run in first.children] == ["FINISHED", "FAILED", "FINISHED"]
    assert first.children[1].data.tags["classifier.reason"] == "killed by SIGKILL"
    assert first.parents[0].info.status == "FINISHED"
    again = run_sweep("encoder.depth=1,2,3", score=by_depth)
    assert again.code == 0
    assert [values["encoder.depth"] for values in again.started] == ["2"]
    assert [run.info.run_id for run in again.parents] == [run.info.run_id for run in first.parents]
    assert [run.info.run_id for run in again.children] == [run.info.run_id for run in first.children]
    assert [run.info.status for run in again.children] == ["FINISHED"] * 3
    assert again.children[1].data.tags["classifier.reason"] == ""
    assert again.children[1].data.tags["mlflow.note.content"] == ""


def test_what_was_running_when_the_sweep_was_killed_is_continued_in_its_run(run_sweep):
    """Also under another number; runs that are no longer part of the sweep are KILLED."""
    first = run_sweep("encoder.depth=1,2,3", "sweep.name=killed")
    for run in first.children[1:]:
        first.client.update_run(run.info.run_id, status="RUNNING")
    again = run_sweep("encoder.depth=2,1", "sweep.name=killed")
    assert [values["tracking.run_id"] for values in again.started] == [first.children[1].info.run_id]
    assert [run.info.status for run in again.children] == ["FINISHED", "FINISHED", "KILLED"]
    assert again.children[2].data.tags["classifier.reason"] == "the sweep was killed"


@pytest.fixture
def ctrl_c():
    """Enables SIGINT, which is ignored if a shell has started the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_stops_the_trials_and_the_same_command_goes_on(run_sweep, monkeypatch):
    killed = Event()
    monkeypatch.setattr(FakeProcess, "kill", lambda trial: killed.set())

    def interrupted(values):
        if values["encoder.depth"] == "1":
            return 0.5
        os.kill(os.getpid(), signal.SIGINT)
        assert killed.wait(60)
        return CRASH

    first = run_sweep("encoder.depth=1,2,3", score=interrupted)
    assert first.code == 130
    assert "the same command continues this sweep" in first.out
    assert [run.info.status for run in (*first.parents, *first.children)] == ["KILLED", "FINISHED", "KILLED"]
    again = run_sweep("encoder.depth=1,2,3", score=by_depth)
    assert [values["encoder.depth"] for values in again.started] == ["2", "3"]
    assert again.children[1].info.run_id == first.children[1].info.run_id
    assert [run.info.status for run in (*again.parents, *again.children)] == ["FINISHED"] * 4


def test_a_trial_whose_settings_are_refused_needs_no_process(run_sweep):
    done = run_sweep("attention.num_heads=3,4")
    assert done.code == 2
    assert "encoder.width=128 is not a multiple of attention.num_heads=3" in done.err
    assert [values["attention.num_heads"] for values in done.started] == ["4"]
    assert [run.info.status for run in done.children] == ["FAILED", "FINISHED"]


def test_a_sweep_with_a_name_grows_unless_a_new_one_is_wanted(run_sweep):
    run_sweep("encoder.depth=1,2", "sweep.name=depths")
    more = run_sweep("encoder.depth=1,2,3", "sweep.name=depths")
    assert [values["encoder.depth"] for values in more.started] == ["3"]
    assert (len(more.parents), len(more.children)) == (1, 3)
    anew = run_sweep("encoder.depth=1,2", "sweep.name=depths", "sweep.resume=false")
    assert (len(anew.started), len(anew.parents), len(anew.children)) == (2, 2, 5)


def test_a_crash_is_tried_again_as_often_as_wanted_and_a_refusal_is_not(run_sweep):
    def score(values):
        return CRASH if values["encoder.depth"] == "1" else Ended(REFUSED, "no such file")

    done = run_sweep("encoder.depth=1,2", "sweep.retries=2", score=score)
    assert [values["encoder.depth"] for values in done.started] == ["1", "1", "1", "2"]


def test_fail_fast_ends_the_sweep_at_the_first_failure(run_sweep):
    done = run_sweep("encoder.depth=1,2,3", "sweep.fail_fast=true", score=lambda values: CRASH)
    assert len(done.started) == 1
    assert done.code == 2
    assert done.parents[0].info.status == "FAILED"


def test_the_best_setting_is_a_recipe_that_gives_the_same_settings(run_sweep, tmp_path):
    done = run_sweep("encoder.depth=1,2", "tokenizer=wordpiece", "optimizer.learning_rate=0.01", score=by_depth)
    written = done.report / "best.yaml"
    with initialize_config_dir(str(CONF), version_base="1.3"):
        wanted = compose("train", ["tokenizer=wordpiece", "optimizer.learning_rate=0.01", "encoder.depth=2"])
    (tmp_path / "recipe").mkdir()
    (tmp_path / "recipe/best.yaml").write_text(written.read_text())
    with initialize_config_dir(str(CONF), version_base="1.3"):
        found = compose("train", [f"hydra.searchpath=[file://{tmp_path}]", "recipe=best"])
    assert OmegaConf.to_container(found) == OmegaConf.to_container(wanted)


def test_refit_trains_the_best_with_several_seeds_which_alone_see_the_test_split(run_sweep, unsplit):
    done = run_sweep(*unsplit, "encoder.depth=1,2", "seed=7", "sweep.refit=true", "sweep.seeds=2", score=by_depth)
    assert [values.get("trainer.validation_only") for values in done.started] == ["true", "true", None, None]
    assert [values["seed"] for values in done.started] == ["7", "7", "0", "1"]
    assert {values.get("data.split_seed") for values in done.started[2:]} == {"7"}
    assert all(values["encoder.depth"] == "2" for values in done.started[2:])
    assert done.parents[0].data.metrics["refit.test.macro_f1"] == 0.1
    assert done.parents[0].data.metrics["refit.test.macro_f1_sd"] == 0.0
    assert not [name for run in done.children[:2] for name in run.data.metrics if name.startswith("test.")]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sweep.objective=test.macro_f1", "The test split must not be used for choices."),
        ("sweep.objective=[]", "names no metric"),
        ("hydra.launcher.processes=0", "must be above 0"),
        ("sweep.retry=1", "Did you mean 'sweep.retries'?"),
        ("recipe=nothing", "choose from"),
    ],
)
def test_a_mistake_is_refused_before_any_trial(run_sweep, override, message):
    done = run_sweep("encoder.depth=1,2", override)
    assert done.code == 2
    assert message in done.err
    assert not done.started and not done.children
