"""Trials are only ranked if they were validated on the same examples."""

import csv

import pytest
from fake_process import FakeProcess

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::optuna.exceptions.ExperimentalWarning"
)
SEARCH = ("hydra/sweeper=optuna", "hydra.sweeper.sampler=grid", "hydra.sweeper.pruner=none")
WITHOUT_BEST = "No trial is the best: they were validated on 2 different sets of examples"


@pytest.fixture(autouse=True)
def splits(monkeypatch):
    """Trials that split a file by `data.split_seed` or `seed`, like a training."""

    def split(values):
        return values.get("data.split_seed", values.get("seed", "0"))

    monkeypatch.setattr(FakeProcess, "validated_on", staticmethod(split))


def by_seed(values):
    return 0.1 + 0.1 * int(values["seed"])


def split_seeds(done):
    return [values.get("data.split_seed") for values in done.started]


@pytest.mark.parametrize("more", [(), SEARCH])
def test_seeds_share_one_split(run_sweep, unsplit, tmp_path, more):
    storage = [f"hydra.sweeper.storage=journal:///{tmp_path}/optuna.journal"] if more else []
    done = run_sweep(*unsplit, "seed=1,2", *more, *storage, score=by_seed)
    assert done.code == 0, done.err
    assert split_seeds(done) == ["0", "0"]
    assert "All seeds share one split of the data: data.split_seed=0" in done.out
    assert "Best: #" in done.out and "seed=2" in done.out
    assert "split_seed: 0" in (done.report / "best.yaml").read_text()
    again = run_sweep(*unsplit, "seed=1,2", *more, *storage)
    assert (len(again.parents), again.started) == (1, [])


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["seed=1,2", "data.split_seed=5"], ["5", "5"]),
        (["seed=1,2", "data.test=${data.train}"], ["0", "0"]),
        (["seed=1,2", "data.valid=${data.train}", "data.test=${data.train}"], [None, None]),
        (["seed=3", "encoder.depth=1,2"], [None, None]),
    ],
)
def test_a_split_that_is_settled_stays(run_sweep, unsplit, overrides, expected):
    done = run_sweep(*unsplit, *overrides)
    assert done.code == 0, done.err
    assert split_seeds(done) == expected


def test_data_with_their_own_files_need_no_split(run_sweep):
    assert split_seeds(run_sweep("seed=1,2")) == [None, None]


def test_a_refit_and_the_best_setting_keep_the_split_of_the_sweep(run_sweep, unsplit):
    done = run_sweep(*unsplit, "seed=7", "encoder.depth=1,2", "sweep.refit=true", "sweep.seeds=2")
    assert split_seeds(done) == [None, None, "7", "7"]
    assert "split_seed: 7" in (done.report / "best.yaml").read_text()


def test_no_trial_is_best_over_several_splits(run_sweep, unsplit):
    done = run_sweep(*unsplit, "data.split_seed=1,2", "seed=3", "encoder.depth=1,2")
    assert done.code == 0, done.err
    assert WITHOUT_BEST in done.out and "Best: " not in done.out
    assert WITHOUT_BEST in done.parents[0].data.tags["mlflow.note.content"]
    assert "valid.macro_f1" not in done.parents[0].data.metrics
    assert not (done.report / "best.yaml").exists()
    with (done.report / "trials.csv").open() as file:
        assert [row["validated_on"] for row in csv.DictReader(file)] == ["1", "1", "2", "2"]


def test_a_sweep_that_grew_over_another_split_has_no_best(run_sweep, unsplit):
    first = run_sweep(*unsplit, "seed=3", "encoder.depth=1,2", "sweep.name=grown")
    assert "Best: " in first.out
    more = run_sweep(*unsplit, "seed=4", "encoder.depth=1,2", "sweep.name=grown", "sweep.refit=true")
    assert WITHOUT_BEST in more.out and "There is no best trial" in more.out
    assert split_seeds(more) == [None, None]


def test_an_objective_that_needs_no_examples_ranks_over_splits(run_sweep, unsplit):
    done = run_sweep(*unsplit, "data.split_seed=1,2", "encoder.depth=1,2", "sweep.objective=parameters")
    assert "Best: #0" in done.out


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["data.split_seed=1,2", "sweep.refit=true"], "there is none where data.split_seed varies"),
        (["data.split_seed=1,2", "encoder.depth=1,2", *SEARCH], "A search cannot vary data.split_seed"),
    ],
)
def test_what_needs_a_best_trial_is_refused_over_splits(run_sweep, unsplit, overrides, message):
    done = run_sweep(*unsplit, *overrides)
    assert done.code == 2 and message in done.err
    assert not done.started
