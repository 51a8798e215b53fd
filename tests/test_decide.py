"""A model gets other decisions without a training: the same probabilities, a run of its own, and honest refusals."""

import csv
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet
import pytest
from small_model import LABELS, TEXTS
from unchecked import unchecked_exports

from classifier.decide import change
from classifier.errors import UserError
from classifier.evaluation.mistakes import predictions_table
from classifier.evaluation.scored import Scored
from classifier.settings import (
    AbstainSettings,
    CoverageSettings,
    DataSettings,
    DecidedTracking,
    DecideSettings,
    LabelSets,
    LabelsSettings,
    TrackingSettings,
)
from classifier.tasks import Decision
from classifier.tracking.run import start_run

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"
)
SETS = {"export.coverage": 0.9, "export.coverage_by_class": True}  # its thresholds differ between the classes
MANY = [f"{text} {number}" for number in range(40) for text in TEXTS]


@pytest.fixture(scope="module")
def trained(model_folder, classifier, tmp_path_factory):
    """The folder of a training with a run: a model that abstains and has label sets, and predictions of two splits."""
    folder = tmp_path_factory.mktemp("decided") / "training"
    shutil.copytree(model_folder, folder / "model")
    probabilities = classifier.probabilities(MANY)
    labels = np.where(np.arange(len(MANY)) % 9, probabilities.argmax(axis=1), 1)
    origins = [f"a.csv:{row}" for row in range(len(MANY))]
    for split, part in (("valid", slice(0, 120)), ("test", slice(120, None))):
        table = predictions_table(Scored(labels[part], probabilities[part], list(LABELS), MANY[part], origins[part]))
        (folder / "report" / split).mkdir(parents=True)
        pyarrow.parquet.write_table(table, folder / "report" / split / "predictions.parquet")
    (folder / "report/config.yaml").write_text("data: {folds: null}\n")
    uri = f"sqlite:///{folder}/mlflow.db"
    with start_run(TrackingSettings(uri, experiment="mails", run_name="mails"), folder, "same") as run:
        run.log_params({"abstain.coverage": "0.5", "abstain.precision": "null", "seed": "0"})
        run.log_folder(folder / "report")
    (folder / "summary.json").write_text(f'{{"run_id": "{run.run_id}"}}')
    return SimpleNamespace(folder=folder, uri=uri, run_id=run.run_id, client=run.client)


def settings(trained, model: str | Path | None = None, **others) -> DecideSettings:
    given = {"data": DataSettings(name="none"), "tracking": DecidedTracking(trained.uri), **others}
    return DecideSettings(str(model or trained.folder), **given)


@pytest.fixture(scope="module")
def decided(trained, tmp_path_factory):
    """The output folder and summary of a command that asks for a precision in place of the share of answers."""
    output = tmp_path_factory.mktemp("precise")
    tracking = DecidedTracking(trained.uri, register="mails")
    with unchecked_exports():
        asked = settings(trained, abstain=AbstainSettings(precision=0.7), tracking=tracking)
        return output, change(asked, ["abstain.precision"], output)


def loaded(folder: str | Path):
    from classifier.artifact.saved_model import SavedClassifier

    return SavedClassifier(folder)


def test_the_new_model_has_the_same_probabilities_and_other_decisions(classifier, decided):
    from classifier.explanation.saved_explainer import SavedExplainer

    output, summary = decided
    new = loaded(output / "model")
    assert np.array_equal(new.probabilities(MANY), classifier.probabilities(MANY))
    assert new.label_names == classifier.label_names
    assert new.decision.promise == {"abstain.precision": 0.7, **SETS}
    assert (new.decision.examples, new.decision.accept_from != classifier.decision.accept_from) == (120, True)
    assert set(new.serve.structured_outputs) == {"label", "score", "probabilities", "accepted", "label_set"}
    assert (output / "model/assets.extra/classifier.json").exists()
    SavedExplainer(new)
    assert summary["model"] == str(output / "model")
    assert summary["metrics"]["valid"]["accepted_precision"] >= 0.7
    assert {"accepted", "coverage", "mean_set_size"} <= set(summary["metrics"]["test"])
    assert set(summary["promises"]) == {"abstain.precision", "export.coverage"}


def test_the_new_model_has_a_run_and_a_version(trained, decided):
    _, summary = decided
    run = trained.client.get_run(summary["run_id"])
    assert summary["run_id"] != trained.run_id
    assert run.data.tags["classifier.decided_from"] == summary["decided_from"]["run_id"] == trained.run_id
    assert run.data.params == {
        "abstain.precision": "0.7",
        "export.coverage": "0.9",
        "export.coverage_by_class": "true",
        "seed": "0",
    }
    assert "test.share_accepted" in run.data.metrics
    (version,) = trained.client.search_model_versions("name='mails'")
    assert version.run_id == summary["run_id"]


def test_decisions_of_a_registered_version_are_turned_off(trained, decided, classifier, tmp_path, unchecked):
    summary = change(settings(trained, "models:/mails/1"), ["abstain.precision", "export.coverage"], tmp_path)
    new = loaded(tmp_path / "model")
    assert not new.decision
    assert set(new.serve.structured_outputs) == {"label", "score", "probabilities"}
    assert np.array_equal(new.probabilities(TEXTS), classifier.probabilities(TEXTS))
    assert not hasattr(new.loaded.original, "original")  # the first model, not a model within a model
    assert "accepted" not in summary["metrics"]["valid"] and "promises" not in summary
    assert summary["decided_from"]["run_id"] == decided[1]["run_id"]


def test_thresholds_are_chosen_on_a_file(trained, tmp_path, unchecked, capsys):
    bare = shutil.copytree(trained.folder / "model", tmp_path / "elsewhere")
    with (tmp_path / "march.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *((text, LABELS[0]) for text in MANY)])
    data = DataSettings(name="march", root="", valid=str(tmp_path / "march.csv"))
    asked = settings(trained, bare, data=data, export=CoverageSettings(label_sets=LabelSets.aps))
    summary = change(asked, ["export.label_sets"], tmp_path / "out")
    new = Decision.read(tmp_path / "out/model")
    assert new.promise == {"abstain.coverage": 0.5, **SETS, "export.label_sets": "aps"}
    assert new.examples == 200
    assert set(summary["metrics"]) == {"valid"}
    assert summary["run_id"] is None


REFUSED = {
    "Say what to decide": ({}, []),
    "abstain.precision=0.99 cannot be promised with 120 validation examples": (
        {"abstain": AbstainSettings(precision=0.99)},
        ["abstain.precision"],
    ),
    "labels.maximize and labels.precision are for several labels": (
        {"labels": LabelsSettings(precision=0.9)},
        ["labels.precision"],
    ),
    "export.label_sets has no effect without export.coverage": (
        {"export": CoverageSettings(label_sets=LabelSets.aps)},
        ["export.coverage", "export.label_sets"],
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_decided_is_refused(trained, tmp_path, message):
    given, changed = REFUSED[message]
    with pytest.raises(UserError, match=message):
        change(settings(trained, **given), changed, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_model_is_not_replaced_by_its_successor(trained):
    with pytest.raises(UserError, match="would replace the one it comes from"):
        change(settings(trained, abstain=AbstainSettings(coverage=0.5)), ["abstain.coverage"], trained.folder)


def test_a_model_without_predictions_needs_a_file_and_cannot_be_registered(trained, tmp_path):
    bare = shutil.copytree(trained.folder / "model", tmp_path / "elsewhere")
    asked = {"abstain": AbstainSettings(precision=0.7)}
    with pytest.raises(UserError, match=r"are not kept, .* it was not trained on: data\.valid=file\.csv"):
        change(settings(trained, bare, **asked), ["abstain.precision"], tmp_path)
    tracking = DecidedTracking(trained.uri, register="mails")
    with pytest.raises(UserError, match=r"tracking\.register=mails: model=.* has no run at tracking\.uri="):
        change(settings(trained, bare, tracking=tracking, **asked), ["abstain.precision"], tmp_path)
