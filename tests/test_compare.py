"""Comparing runs in MLflow: runs that are compared, skipped or refused."""

import pytest
from finished_runs import make_run

from classifier.compare import compare
from classifier.errors import UserError
from classifier.settings import CompareSettings, Score, Server, Split, TrackingSettings
from classifier.tracking.named_runs import KIND, PARENT, SWEEP, SWEEP_KIND
from classifier.tracking.run import start_run
from classifier.tracking.server import connect

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A database with a sweep of two settings with two seeds each, one pruned child, and a run on other texts.

    The runs of one seed have the setting names of an earlier version.
    """
    folder = tmp_path_factory.mktemp("compare")
    settings = TrackingSettings(f"sqlite:///{folder}/mlflow.db", experiment="primes", system_metrics=False)
    with start_run(settings, folder, "parent") as parent:
        parent.set_tags({KIND: SWEEP_KIND, SWEEP: "depths"})
    child = {PARENT: parent.run_id, KIND: "trial"}
    ids = {
        f"{depth}{seed}": make_run(
            settings, folder, wrong, {f"{group}.depth": depth, "seed": seed, group: "tiny"}, tags=child
        )
        for depth, seed, group, wrong in (
            ("2", "0", "encoder", 10), ("2", "1", "model", 12), ("3", "0", "encoder", 50), ("3", "1", "model", 54)
        )
    }  # fmt: skip
    ids["valid"] = make_run(
        settings, folder, 9, {"encoder.depth": "5", "seed": "0", "encoder": "tiny"}, splits=["valid"], tags=child
    )
    pruned = start_run(settings, folder, "same")
    pruned.client.set_tag(pruned.run_id, PARENT, parent.run_id)
    pruned.client.set_terminated(pruned.run_id, "KILLED")
    elsewhere = TrackingSettings(settings.uri, experiment="elsewhere", system_metrics=False)
    ids["other"] = make_run(elsewhere, folder, 8, {"encoder.depth": "2", "seed": "0"}, texts="other")
    return {"uri": settings.uri, "parent": parent.run_id, "pruned": pruned.run_id, **ids}


def settings(stored, **chosen):
    return CompareSettings(tracking=Server(stored["uri"]), **chosen)


@pytest.mark.parametrize("by", ["parent", "name"])
def test_a_sweep_is_compared_with_seeds_as_repeats(stored, tmp_path, capsys, by):
    result = compare(settings(stored, sweep=stored.get(by, "depths")), tmp_path)
    assert [(one["entry"], one["places"]) for one in result["ranking"]] == [("depth=2", [1, 1]), ("depth=3", [2, 2])]
    assert result["ranking"][0]["runs"] == [stored["20"], stored["21"]]
    assert result["ranking"][0]["accuracy"] == pytest.approx(1 - 11 / 120)
    output = capsys.readouterr().out
    assert f"({stored['pruned']}) is KILLED" in output
    assert f"({stored['valid']}) keeps no test/predictions.parquet" in output
    assert "±" in output
    assert len(result["left_out"]) == 2


def test_the_comparison_is_a_run_in_the_experiment_of_the_compared_runs(stored, tmp_path):
    result = compare(settings(stored, runs=[stored["30"], stored["20"]], metric=Score.macro_f1), tmp_path)
    client = connect(Server(stored["uri"])).MlflowClient()
    run = client.get_run(result["run_id"])
    assert run.info.experiment_id == client.get_run(stored["20"]).info.experiment_id
    assert run.info.status == "FINISHED"
    assert run.data.params["best"] == "depth=2"
    assert run.data.params["metric"] == "macro_f1"
    files = {one.path for one in client.list_artifacts(result["run_id"])}
    assert {"comparison.html", "ranking.csv", "pairs.csv", "settings.csv", "classes.csv", "examples.csv"} <= files


def test_an_experiment_is_compared_without_earlier_comparisons(stored, tmp_path):
    for time in range(2):
        result = compare(settings(stored, experiment="primes", split=Split.valid), tmp_path / str(time))
    assert [one["entry"] for one in result["ranking"]] == ["depth=5", "depth=2", "depth=3"]
    assert not any("compare" in one for one in result["left_out"])


def test_other_examples_are_refused_by_name(stored, tmp_path):
    with pytest.raises(UserError, match="different test examples and cannot be compared") as refused:
        compare(settings(stored, runs=[stored["20"], stored["30"], stored["other"]]), tmp_path)
    for name in ("20", "30", "other"):
        assert stored[name] in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_the_same_settings_and_seed_twice_are_two_entries(stored, tmp_path):
    folder = tmp_path / "again"
    folder.mkdir()
    tracking = TrackingSettings(stored["uri"], experiment="again", system_metrics=False)
    ids = [make_run(tracking, folder, wrong, {"seed": "0"}) for wrong in (10, 11)]
    result = compare(settings(stored, runs=ids), tmp_path)
    assert [one["runs"] for one in result["ranking"]] == [[ids[0]], [ids[1]]]
    assert result["ranking"][0]["places"] == [1, 2]


def test_another_commit_is_another_entry(stored, tmp_path):
    folder = tmp_path / "commits"
    folder.mkdir()
    tracking = TrackingSettings(stored["uri"], experiment="commits", system_metrics=False)
    ids = [
        make_run(tracking, folder, 10, {"seed": seed}, tags={"mlflow.source.git.commit": commit, "git.dirty": "false"})
        for seed, commit in (("0", "1" * 40), ("1", "2" * 40))
    ]
    result = compare(settings(stored, runs=ids), tmp_path)
    assert {one["entry"] for one in result["ranking"]} == {"code=1111111", "code=2222222"}


def test_refits_are_a_separate_entry_from_their_trial(stored, tmp_path):
    folder = tmp_path / "refits"
    folder.mkdir()
    tracking = TrackingSettings(stored["uri"], experiment="refits", system_metrics=False)
    wanted = [("trial", "true", "null", "0"), ("refit", "false", "0", "0"), ("refit", "false", "0", "1")]
    for kind, alone, split_seed, seed in wanted:
        params = {"trainer.validation_only": alone, "data.split_seed": split_seed, "seed": seed}
        make_run(tracking, folder, 10, params, tags={KIND: kind})
    result = compare(settings(stored, experiment="refits", split=Split.valid), tmp_path)
    assert {one["entry"]: len(one["runs"]) for one in result["ranking"]} == {"refit=no": 1, "refit=yes": 2}


def test_a_deleted_run_is_refused(stored, tmp_path):
    folder = tmp_path / "deleted"
    folder.mkdir()
    tracking = TrackingSettings(stored["uri"], experiment="deleted", system_metrics=False)
    ids = [make_run(tracking, folder, wrong, {"seed": "0"}) for wrong in (10, 11)]
    connect(tracking).MlflowClient().delete_run(ids[1])
    with pytest.raises(UserError, match=f"runs: {ids[1]} was deleted: restore it"):
        compare(settings(stored, runs=ids), tmp_path)


def test_the_first_digits_of_a_run_id_are_enough(stored, tmp_path):
    ids = [stored["20"], stored["valid"]]
    result = compare(settings(stored, runs=[one[:8] for one in ids], split=Split.valid), tmp_path)
    assert sorted(run for entry in result["ranking"] for run in entry["runs"]) == sorted(ids)
    with pytest.raises(UserError, match="names the same run twice"):
        compare(settings(stored, runs=[ids[0], ids[0][:8]], split=Split.valid), tmp_path)


REFUSED = {
    "no such run": ({"runs": ["20", "0" * 32]}, f"runs: {'0' * 32} is not a run at tracking.uri=sqlite:///"),
    "no test predictions": ({"runs": ["20", "valid"]}, "keeps no test/predictions.parquet. 2 of them keep valid/"),
    "no such experiment": ({"experiment": "prime"}, "experiment=prime: there is no experiment with this name at"),
    "no sweep of the name": ({"sweep": "widths"}, "neither run id nor name; there are depths."),
    "no such sweep": ({"sweep": "1" * 32}, f"sweep: {'1' * 32} is not a run"),
    "no children": ({"sweep": "20"}, "has 0 runs to compare; two are needed."),
    "one run alone": ({"experiment": "elsewhere"}, "experiment=elsewhere has 1 run to compare; two are needed."),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_mistake_is_refused(mistake, stored, tmp_path):
    chosen, message = REFUSED[mistake]
    named = {
        key: [stored.get(one, one) for one in value] if isinstance(value, list) else stored.get(value, value)
        for key, value in chosen.items()
    }
    with pytest.raises(UserError) as refused:
        compare(settings(stored, **named), tmp_path)
    assert message in str(refused.value)
