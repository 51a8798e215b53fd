"""A search with Optuna: it optimizes, prunes, resumes after a dead process, and only uses validation data."""

import socket

import optuna
import pytest
from optuna.trial import TrialState

from classifier.sweeps.process import Ended
from classifier.sweeps.study import OWNER, abandoned

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::optuna.exceptions.ExperimentalWarning"
)
DEPTHS = ("hydra/sweeper=optuna", "encoder.depth=range(0,8)", "sweep.name=depths")


def by_depth(values):
    """Returns a score that is best at a depth of 5."""
    return 0.9 - 0.1 * abs(5 - int(values["encoder.depth"]))


@pytest.fixture
def search(run_sweep, tmp_path):
    """Runs a search with a separate journal."""
    storage = f"hydra.sweeper.storage=journal:///{tmp_path}/optuna.journal"
    return lambda *overrides, **more: run_sweep(*DEPTHS, storage, *overrides, **more)


def study(tmp_path):
    backend = optuna.storages.journal.JournalFileBackend(f"{tmp_path}/optuna.journal")
    return optuna.load_study(study_name="depths", storage=optuna.storages.JournalStorage(backend))


def test_a_search_finds_the_best_and_no_trial_sees_the_test_split(search, tmp_path):
    done = search("hydra.sweeper.sampler=grid", "hydra.sweeper.pruner=none", score=by_depth)
    assert done.code == 0, done.err
    assert sorted(values["encoder.depth"] for values in done.started) == list("01234567")
    assert {values["trainer.validation_only"] for values in done.started} == {"true"}
    assert done.parents[0].data.metrics["valid.macro_f1"] == 0.9
    assert "depth: 5" in (done.report / "best.yaml").read_text()
    assert "validation_only" not in (done.report / "best.yaml").read_text()
    assert study(tmp_path).best_value == 0.9


def test_a_poor_trial_is_pruned_and_says_why(search):
    more = ("hydra.sweeper.n_trials=7", "hydra.sweeper.startup_trials=3", "hydra.sweeper.sampler=grid")
    done = search(*more, score=by_depth)
    pruned = [run for run in done.children if run.data.tags.get("pruned") == "true"]
    assert pruned
    for run in pruned:
        assert run.info.status == "KILLED"
        assert "median pruner after epoch" in run.data.tags["classifier.reason"]
        assert "valid.macro_f1" not in run.data.metrics
    assert done.parents[0].data.metrics["trials.pruned"] == len(pruned)


def test_a_search_goes_on_with_new_trials_and_with_what_failed(search, tmp_path):
    grid, ends = "hydra.sweeper.sampler=grid", iter([Ended(-9, "killed by SIGKILL"), 0.5, 0.6])
    first = search(grid, "hydra.sweeper.n_trials=3", score=lambda values: next(ends))
    failed, *ended = [values["encoder.depth"] for values in first.started]
    again = search(grid, "hydra.sweeper.n_trials=6", score=by_depth)
    assert len(again.parents) == 1
    first_again, *new = [values["encoder.depth"] for values in again.started]
    assert first_again == failed
    assert not set(new) & set(ended), "a setting that has ended is not trained again"
    assert len(study(tmp_path).get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))) == 6
    assert not search(grid, "hydra.sweeper.n_trials=6").started


def test_what_a_dead_process_left_is_completed_under_its_number(search, tmp_path):
    search("hydra.sweeper.n_trials=2", score=by_depth)
    left = study(tmp_path).ask({"encoder.depth": optuna.distributions.IntDistribution(3, 3)})
    left.set_user_attr(OWNER, f"{socket.gethostname()} 999999999 1.0")
    again = search("hydra.sweeper.n_trials=3", score=by_depth)
    assert [values["encoder.depth"] for values in again.started] == ["3"]
    assert again.children[-1].data.tags["classifier.trial"] == str(left.number)
    assert study(tmp_path).trials[left.number].state is TrialState.COMPLETE


def test_a_trial_of_another_process_is_left_to_it(search, tmp_path):
    """A trial without an owner yet, and a trial that another command has ended."""
    search("hydra.sweeper.n_trials=1", score=by_depth)
    asked = study(tmp_path).ask({"encoder.depth": optuna.distributions.IntDistribution(3, 3)})
    assert not abandoned(study(tmp_path).trials[asked.number])

    def reported_elsewhere(values):
        under_way = study(tmp_path).get_trials(states=[TrialState.RUNNING])[-1]
        study(tmp_path).tell(under_way.number, 0.1)
        return 0.5

    again = search("hydra.sweeper.n_trials=3", score=reported_elsewhere)
    assert again.code == 0, again.err
    assert [trial.value for trial in study(tmp_path).trials][2] == 0.1
    assert study(tmp_path).trials[asked.number].state is TrialState.RUNNING
    assert again.parents[0].info.status == "RUNNING", "the other process closes it"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("encoder.depth=1,2", "The search depths has had other choices of encoder.depth already."),
        ("sweep.objective=latency_ms", "The search depths has other objectives already."),
    ],
)
def test_a_search_of_the_name_that_looks_for_something_else_is_refused(search, override, message):
    search("hydra.sweeper.n_trials=1")
    again = search(override)
    assert again.code == 2 and message in again.err
    assert not again.started


def test_cma_es_searches_intervals_and_hyperband_prunes(search):
    """Best at a learning rate of 0.01."""
    cma_es = ("hydra.sweeper.sampler=cma_es", "optimizer.learning_rate=tag(log,interval(1e-4,1e-2))")
    pruner, rate = "hydra.sweeper.pruner=hyperband", "optimizer.learning_rate"
    some = ("hydra.sweeper.n_trials=6", "hydra.sweeper.startup_trials=2", "encoder.depth=2")
    done = search(*cma_es, pruner, *some, score=lambda values: 20 * float(values[rate]))
    assert done.code == 0, done.err
    assert len({values[rate] for values in done.started}) == 6
    reasons = [run.data.tags["classifier.reason"] for run in done.children if run.data.tags.get("pruned")]
    assert reasons and all("hyperband pruner" in one and "median" not in one for one in reasons), reasons


def test_a_search_ends_when_its_time_is_over(search):
    done = search("hydra.sweeper.timeout=0.001")
    assert (done.code, done.started) == (0, []), done.err
    assert "hydra.sweeper.timeout=0.001 is over" in done.out


def test_several_objectives_give_a_front(search):
    wanted = "sweep.objective=[valid.macro_f1,parameters]"
    done = search(wanted, "hydra.sweeper.sampler=grid", score=by_depth)
    assert done.code == 0, done.err
    assert "Pareto" in done.out


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["hydra.sweeper.sampler=grid", "optimizer.learning_rate=interval(0.001,0.1)"],
            "is an interval, which no grid",
        ),
        (["hydra.sweeper.storage=sqlite:////nowhere/optuna.db"], "cannot be used"),
        (["hydra.sweeper.storage=optuna.db"], "Write journal:///optuna.journal"),
        (["hydra.sweeper.n_trials=0"], "hydra.sweeper.n_trials=0 must be 1 or more."),
        (["hydra.sweeper.startup_trials=-1"], "hydra.sweeper.startup_trials=-1 must be 0 or more."),
        (["hydra.sweeper.timeout=-1"], "hydra.sweeper.timeout=-1 must be above 0 seconds"),
        (["hydra.sweeper.sampler=tpee"], "expected one of [tpe, random, grid, cma_es]"),
        (["hydra.sweeper.trials=3"], "hydra.sweeper.trials is not an option. See --cfg hydra"),
        (["attention.num_heads=5"], "is not a multiple"),
    ],
)
def test_a_mistake_is_refused_before_any_trial(search, overrides, message):
    done = search(*overrides)
    assert done.code == 2
    assert message in done.err
    assert not done.started


def test_there_must_be_something_to_search(run_sweep):
    done = run_sweep("hydra/sweeper=optuna", "encoder.depth=2")
    assert "There is nothing to search" in done.err
