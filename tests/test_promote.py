"""The champion is replaced by the rule or by force, or rolled back, with a reason for every change."""

from itertools import count
from pathlib import Path

import pytest
from finished_runs import make_model, make_run
from forked_commands import start_process

from classifier.errors import UserError
from classifier.promote import promote
from classifier.settings import PromoteSettings, PromotionSettings, Rule, Score, Server, TrackingSettings
from classifier.tracking import registry
from classifier.tracking.named_runs import KIND, PARENT, SWEEP_KIND
from classifier.tracking.notes import as_markdown
from classifier.tracking.run import start_run
from classifier.tracking.server import connect

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)
NUMBERS = count()
WRONG = {"good": 30, "a little better": 29, "much better": 5, "worse": 60}  # of 120


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A database with models of known quality, a model validated on other texts, and a model without validation."""
    folder = tmp_path_factory.mktemp("promote")
    settings = TrackingSettings(f"sqlite:///{folder}/mlflow.db", experiment="primes", system_metrics=False)
    ids = {name: make_run(settings, folder, wrong, {}, model=True) for name, wrong in WRONG.items()}
    ids["other texts"] = make_run(settings, folder, 0, {}, model=True, texts="other")
    ids["not validated"] = make_run(settings, folder, 0, {}, model=True, splits=["test"])
    ids["no model"] = make_run(settings, folder, 0, {})
    ids["searched"] = make_run(settings, folder, 0, {"trainer.validation_only": "true"})
    ids["sweep"] = make_run(settings, folder, 0, {}, splits=[], tags={KIND: SWEEP_KIND})
    connect(settings).MlflowClient().set_tag(ids["good"], PARENT, ids["sweep"])
    return {"uri": settings.uri, "folder": folder, **ids}


@pytest.fixture
def promoted(stored):
    """promoted(run, ...) promotes the run, or rolls back for None, under a separate registered name for each test."""

    def promoted(run: str | None, force: bool = False, **rule) -> dict:
        given = PromoteSettings(
            promoted.name, stored.get(run, run), force, PromotionSettings(**rule), Server(stored["uri"])
        )
        return promote(given, Path())

    promoted.name = f"model{next(NUMBERS)}"
    return promoted


@pytest.fixture
def client(stored):
    return connect(Server(stored["uri"])).MlflowClient()


def champion(client, promoted):
    return client.get_model_version_by_alias(promoted.name, "champion")


def test_the_first_version_becomes_champion(promoted, client, stored):
    result = promoted("good")
    assert (result["promoted"], result["version"], result["champion"], result["previous_champion"]) == (
        True,
        1,
        1,
        None,
    )
    assert champion(client, promoted).run_id == stored["good"]
    assert "as there was none" in champion(client, promoted).description


def test_the_first_digits_of_a_run_id_are_enough(promoted, stored):
    assert promoted(stored["good"][:8])["run_id"] == stored["good"]
    assert promoted(stored["much better"][:9])["promoted"]


def test_a_better_one_takes_over_and_keeps_reason_numbers_and_predecessor(promoted, client):
    promoted("good")
    result = promoted("much better")
    assert (result["promoted"], result["champion"], result["previous_champion"]) == (True, 2, 1)
    numbers = result["metrics"]["valid"]["accuracy"]
    assert numbers["difference"] == pytest.approx(25 / 120)
    assert 0 < numbers["low"] < numbers["difference"] < numbers["high"]
    version = champion(client, promoted)
    assert version.tags == {"promotion.previous_champion": "1"}
    assert version.description.startswith(as_markdown(result["reason"]))
    assert "by promote.rule=interval" in result["reason"]


def test_a_gain_within_chance_is_refused_with_its_numbers(promoted, client, capsys):
    promoted("good")
    result = promoted("a little better")
    assert (result["promoted"], result["version"], result["champion"]) == (False, 2, 1)
    assert int(champion(client, promoted).version) == 1
    assert (
        "version 1 stays the champion by promote.rule=interval; version 2 has accuracy 0.7583"
        in capsys.readouterr().out
    )
    refused = client.get_model_version(promoted.name, "2")
    assert "version 1 stays the champion" in refused.description
    assert not refused.tags


@pytest.mark.parametrize("metric", Score)
def test_any_gain_is_enough_where_the_rule_says_so(promoted, metric):
    promoted("good")
    assert promoted("a little better", rule=Rule.any_gain, metric=metric)["promoted"]
    assert not promoted("good", rule=Rule.any_gain, metric=metric)["promoted"]


def test_a_champion_that_moved_in_the_meantime_is_compared_again(promoted, client, monkeypatch):
    """A better model is promoted in the meantime."""
    promoted("good")
    original = registry.judge

    def judge_while_another_promotes(*arguments):
        monkeypatch.setattr(registry, "judge", original)
        promoted("much better")
        return original(*arguments)

    promoted("worse")
    monkeypatch.setattr(registry, "judge", judge_while_another_promotes)
    result = promoted("a little better", rule=Rule.any_gain)
    assert not result["promoted"]
    assert champion(client, promoted).description.startswith(
        as_markdown(f"{promoted.name}: version 3 replaces version 1")
    )


def test_force_takes_a_worse_one(promoted, client):
    promoted("good")
    assert not promoted("worse")["promoted"]
    result = promoted("worse", force=True)
    assert (result["promoted"], result["version"]) == (True, 2)
    assert "by force" in champion(client, promoted).description
    assert result["metrics"]["valid"]["accuracy"]["difference"] == pytest.approx(-0.25)


def test_a_run_is_registered_once(promoted, client):
    promoted("good")
    for _ in range(2):
        result = promoted("good")
        assert (result["promoted"], result["champion"]) == (False, 1)
        assert "is the champion already" in result["reason"]
    promoted("worse")
    promoted("worse")
    assert len(client.search_model_versions(f"name='{promoted.name}'")) == 2


def test_rolling_back_goes_through_all_champions_to_the_first(promoted, client):
    promoted("worse")
    promoted("good")
    promoted("much better")
    result = promoted(None, rollback=True)
    assert (result["promoted"], result["champion"], result["previous_champion"]) == (True, 2, 3)
    assert client.get_model_version(promoted.name, "3").description.startswith(
        as_markdown(f"{promoted.name}: rolled back from version 3 to version 2")
    )
    assert promoted("much better")["promoted"]
    assert promoted(None, rollback=True)["champion"] == 2
    assert promoted(None, rollback=True)["champion"] == 1
    with pytest.raises(UserError, match="version 1 is the first champion, and there is none to go back to"):
        promoted(None, rollback=True)


def test_going_back_needs_the_version_to_go_back_to(promoted, client):
    promoted("worse")
    promoted("good")
    client.delete_model_version(promoted.name, "1")
    with pytest.raises(UserError, match="the previous champion, version 1, was deleted"):
        promoted(None, rollback=True)
    assert int(champion(client, promoted).version) == 2


@pytest.mark.parametrize(
    ("run", "message"),
    [("other texts", "their validation examples differ"), ("not validated", "keeps no valid/predictions.parquet")],
)
def test_what_cannot_be_compared_is_an_error_unless_forced(promoted, client, run, message):
    promoted("good")
    with pytest.raises(UserError, match=message) as refused:
        promoted(run)
    assert "The champion stays; force=true would replace it." in str(refused.value)
    assert len(client.search_model_versions(f"name='{promoted.name}'")) == 1  # nothing was registered
    result = promoted(run, force=True)
    assert (result["promoted"], result["metrics"]) == (True, {})
    assert message in result["reason"]


def test_a_mistake_is_refused(promoted, stored):
    with pytest.raises(UserError, match=r"run: nothing is not a run at tracking\.uri"):
        promoted("nothing")
    with pytest.raises(UserError, match="has logged no model: it is FINISHED"):
        promoted("no model")
    with pytest.raises(UserError, match=r"sweep\.refit=true trains the best setting again"):
        promoted("searched")
    with pytest.raises(UserError, match=f"it is a sweep; promote one of those that have a model, {stored['good']}"):
        promoted("sweep")
    with pytest.raises(UserError, match="no model of that name has a champion"):
        promoted(None, rollback=True)


def test_registering_at_training_is_the_same_rule(stored, client, capsys):
    """The first model, a model that is better by chance, a better model, and a model that cannot be compared."""
    settings = TrackingSettings(stored["uri"], experiment="primes", register="trained", system_metrics=False)
    champions = []
    for name in ("good", "a little better", "much better", "other texts"):
        with start_run(settings, stored["folder"], "same") as run:
            make_model(run, stored["folder"])
            run.log_folder(stored["folder"] / stored[name])
            run.register_model()
        assert run.status == "FINISHED" and not run.refused
        champions.append(int(client.get_model_version_by_alias("trained", "champion").version))
    assert champions == [1, 1, 3, 3]
    printed = capsys.readouterr().out
    assert "cannot be compared with the champion, version 3" in printed
    assert "The model is registered as version 4." in printed  # as with tracking.register


def test_two_concurrent_promotions_leave_one_champion_of_two_versions(promoted, client, stored):
    """In two processes, for a new name: each has its version, and the tags of both are correct."""
    both = [
        start_process(promote, PromoteSettings(promoted.name, stored[one], tracking=Server(stored["uri"])), Path())
        for one in ("much better", "worse")
    ]
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    versions = {one.run_id: one for one in client.search_model_versions(f"name='{promoted.name}'")}
    assert sorted(int(one.version) for one in versions.values()) == [1, 2]
    assert champion(client, promoted).run_id == stored["much better"]
    assert sum("as there was none" in one.description for one in versions.values()) == 1
