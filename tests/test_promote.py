"""The champion moves by the rule or by force, goes back, and every move says why."""

import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from kept_models import keep_model, keep_run

from classifier.errors import UserError
from classifier.promote import promote
from classifier.settings import PromoteSettings, PromotionSettings, Rule, Score, Server, TrackingSettings
from classifier.tracking import registry
from classifier.tracking.named_runs import KIND, PARENT, SWEEP_KIND
from classifier.tracking.run import start_run
from classifier.tracking.server import connect

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)
NUMBERS = count()
WRONG = {"good": 30, "a little better": 29, "much better": 5, "worse": 60}  # of 120


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A database with models of known quality, one that was validated on other texts and one that was not at all."""
    folder = tmp_path_factory.mktemp("promote")
    settings = TrackingSettings(f"sqlite:///{folder}/mlflow.db", experiment="primes", system_metrics=False)
    ids = {name: keep_run(settings, folder, wrong, {}, model=True) for name, wrong in WRONG.items()}
    ids["other texts"] = keep_run(settings, folder, 0, {}, model=True, texts="other")
    ids["not validated"] = keep_run(settings, folder, 0, {}, model=True, splits=["test"])
    ids["no model"] = keep_run(settings, folder, 0, {})
    ids["searched"] = keep_run(settings, folder, 0, {"trainer.validation_only": "true"})
    ids["sweep"] = keep_run(settings, folder, 0, {}, splits=[], tags={KIND: SWEEP_KIND})
    connect(settings).MlflowClient().set_tag(ids["good"], PARENT, ids["sweep"])
    return {"uri": settings.uri, "folder": folder, **ids}


@pytest.fixture
def settled(kept):
    """settled(run, ...) promotes the run or, of None, rolls back, under a registered name of this test's own."""

    def settled(run: str | None, force: bool = False, **rule) -> dict:
        given = PromoteSettings(settled.name, kept.get(run, run), force, PromotionSettings(**rule), Server(kept["uri"]))
        return promote(given, Path())

    settled.name = f"model{next(NUMBERS)}"
    return settled


@pytest.fixture
def client(kept):
    return connect(Server(kept["uri"])).MlflowClient()


def champion(client, settled):
    return client.get_model_version_by_alias(settled.name, "champion")


def test_the_first_version_becomes_champion(settled, client, kept):
    result = settled("good")
    assert (result["promoted"], result["version"], result["champion"], result["previous_champion"]) == (
        True,
        1,
        1,
        None,
    )
    assert champion(client, settled).run_id == kept["good"]
    assert "as there was none" in champion(client, settled).tags["promotion.reason"]


def test_a_better_one_takes_over_and_keeps_reason_numbers_and_predecessor(settled, client):
    settled("good")
    result = settled("much better")
    assert (result["promoted"], result["champion"], result["previous_champion"]) == (True, 2, 1)
    numbers = result["metrics"]["valid"]["accuracy"]
    assert numbers["difference"] == pytest.approx(25 / 120)
    assert 0 < numbers["low"] < numbers["difference"] < numbers["high"]
    tags = champion(client, settled).tags
    assert tags["promotion.previous_champion"] == "1"
    assert tags["promotion.rule"] == "interval"
    assert tags["promotion.metric"] == "valid.accuracy"
    assert float(tags["promotion.low"]) == pytest.approx(numbers["low"], rel=1e-5)
    assert tags["promotion.reason"] == result["reason"]


def test_a_gain_within_chance_is_refused_with_its_numbers(settled, client, capsys):
    settled("good")
    result = settled("a little better")
    assert (result["promoted"], result["version"], result["champion"]) == (False, 2, 1)
    assert int(champion(client, settled).version) == 1
    assert (
        "version 1 stays the champion by promote.rule=interval; version 2 has accuracy 0.7583"
        in capsys.readouterr().out
    )
    refused = client.get_model_version(settled.name, "2").tags
    assert refused["promotion.promoted"] == "false"
    assert "promotion.previous_champion" not in refused


@pytest.mark.parametrize("metric", Score)
def test_any_gain_is_enough_where_the_rule_says_so(settled, metric):
    settled("good")
    assert settled("a little better", rule=Rule.any_gain, metric=metric)["promoted"]
    assert not settled("good", rule=Rule.any_gain, metric=metric)["promoted"]


def test_a_champion_that_was_moved_meanwhile_is_judged_anew(settled, client, monkeypatch):
    """Two promotions at once: the better one has come between."""
    settled("good")
    original = registry.judge

    def judge_while_another_promotes(*arguments):
        monkeypatch.setattr(registry, "judge", original)
        settled("much better")
        return original(*arguments)

    settled("worse")
    monkeypatch.setattr(registry, "judge", judge_while_another_promotes)
    result = settled("a little better", rule=Rule.any_gain)
    assert not result["promoted"]
    assert (
        champion(client, settled).tags["promotion.reason"].startswith(f"{settled.name}: version 3 replaces version 1")
    )


def test_force_takes_a_worse_one(settled, client):
    settled("good")
    assert not settled("worse")["promoted"]
    result = settled("worse", force=True)
    assert (result["promoted"], result["version"]) == (True, 2)
    assert "by force" in champion(client, settled).tags["promotion.reason"]
    assert champion(client, settled).tags["promotion.difference"] == "-0.25"


def test_a_run_is_registered_once(settled, client):
    settled("good")
    for _ in range(2):
        result = settled("good")
        assert (result["promoted"], result["champion"]) == (False, 1)
        assert "is the champion already" in result["reason"]
    settled("worse")
    settled("worse")
    assert len(client.search_model_versions(f"name='{settled.name}'")) == 2


def test_rolling_back_goes_through_all_champions_to_the_first(settled, client):
    settled("worse")
    settled("good")
    settled("much better")
    result = settled(None, rollback=True)
    assert (result["promoted"], result["champion"], result["previous_champion"]) == (True, 2, 3)
    assert client.get_model_version(settled.name, "3").tags["promotion.reason"].endswith("from version 3 to version 2")
    assert settled("much better")["promoted"]
    assert settled(None, rollback=True)["champion"] == 2
    assert settled(None, rollback=True)["champion"] == 1
    with pytest.raises(UserError, match="version 1 is the first champion, and there is none to go back to"):
        settled(None, rollback=True)


def test_going_back_needs_the_version_to_go_back_to(settled, client):
    settled("worse")
    settled("good")
    client.delete_model_version(settled.name, "1")
    with pytest.raises(UserError, match="the previous champion, version 1, was deleted"):
        settled(None, rollback=True)
    assert int(champion(client, settled).version) == 2


@pytest.mark.parametrize(
    ("run", "message"),
    [("other texts", "their validation examples differ"), ("not validated", "keeps no valid/predictions.parquet")],
)
def test_what_cannot_be_compared_is_an_error_unless_forced(settled, client, run, message):
    settled("good")
    with pytest.raises(UserError, match=message) as refused:
        settled(run)
    assert "The champion stays; force=true would replace it." in str(refused.value)
    assert len(client.search_model_versions(f"name='{settled.name}'")) == 1  # nothing was registered
    result = settled(run, force=True)
    assert (result["promoted"], result["metrics"]) == (True, {})
    assert message in result["reason"]


def test_a_mistake_is_refused(settled, kept):
    with pytest.raises(UserError, match=r"run: nothing is not a run at tracking\.uri"):
        settled("nothing")
    with pytest.raises(UserError, match="has logged no model: it is FINISHED"):
        settled("no model")
    with pytest.raises(UserError, match=r"sweep\.refit=true trains the best setting again"):
        settled("searched")
    with pytest.raises(UserError, match=f"it is a sweep; promote one of those that have a model, {kept['good']}"):
        settled("sweep")
    with pytest.raises(UserError, match="no model of that name has a champion"):
        settled(None, rollback=True)


def test_registering_at_training_is_the_same_rule(kept, client, capsys):
    """The first one, one that is better by chance, one that is better, and one that cannot be compared."""
    settings = TrackingSettings(kept["uri"], experiment="primes", register="trained", system_metrics=False)
    champions = []
    for name in ("good", "a little better", "much better", "other texts"):
        with start_run(settings, kept["folder"], "same") as run:
            keep_model(run, kept["folder"])
            run.log_folder(kept["folder"] / kept[name])
            run.register_model()
        assert run.status == "FINISHED" and not run.refused
        champions.append(int(client.get_model_version_by_alias("trained", "champion").version))
    assert champions == [1, 1, 3, 3]
    printed = capsys.readouterr().out
    assert "cannot be compared with the champion, version 3" in printed
    assert "The model is registered as version 4." in printed  # which is what tracking.register asks for


def test_two_promotions_at_once_leave_one_champion_of_two_versions(settled, client, kept):
    """In two processes, the first of a name: each has its version, and the tags of both are true."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from classifier.promote import promote\n"
        "from classifier.settings import PromoteSettings, Server\n"
        "print(promote(PromoteSettings(sys.argv[2], sys.argv[3], tracking=Server(sys.argv[1])), Path())['champion'])"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, kept["uri"], settled.name, kept[one]], stdout=-1, stderr=-1)
        for one in ("much better", "worse")
    ]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    versions = {one.run_id: one for one in client.search_model_versions(f"name='{settled.name}'")}
    assert sorted(int(one.version) for one in versions.values()) == [1, 2]
    assert champion(client, settled).run_id == kept["much better"]
    assert sum("as there was none" in one.tags["promotion.reason"] for one in versions.values()) == 1
