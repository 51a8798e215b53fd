"""The labels of the evaluated data are matched with the classes of the model."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from classifier.data.trained_texts import write_trained_texts
from classifier.errors import UserError
from classifier.evaluate import test_examples as read_test_examples
from classifier.settings import DataSettings, LabelCase, Server
from classifier.tasks import NO_DECISION
from classifier.tracking.trained_on import warn_of_trained


def examples_of(data, seed, names, output):
    return read_test_examples(data, seed, SimpleNamespace(label_names=names, decision=NO_DECISION), output)


ROWS = "".join(f"text {i},{i % 2}.0\n" for i in range(40))


def settings(path: Path, **others) -> DataSettings:
    path.write_text("text,label\n" + ROWS, encoding="utf-8")
    return DataSettings(name="test", root="", **others)


@pytest.mark.parametrize("key", ["train", "test"])
@pytest.mark.parametrize("names", [("0", "1"), ("0.0", "1.0"), ("1", "0", "none")])
def test_a_model_whose_classes_are_spelled_otherwise(tmp_path, key, names):
    path = tmp_path / "data.csv"
    found = examples_of(settings(path, **{key: str(path)}), 0, names, tmp_path).examples
    assert found.label_names == names
    assert {float(label) for label in found.named_labels()} == {0.0, 1.0}
    assert len(found) == (40 if key == "test" else 4)


@pytest.mark.parametrize("key", ["train", "test"])
def test_a_model_of_other_classes(tmp_path, key):
    path = tmp_path / "data.csv"
    with pytest.raises(UserError, match=r"label '0\.0' does not occur in train, which has 'ham', 'spam'"):
        examples_of(settings(path, **{key: str(path)}), 0, ("ham", "spam"), tmp_path)


def test_a_label_in_another_case_is_explained_and_can_be_found(tmp_path):
    path = tmp_path / "data.csv"
    data = settings(path, test=str(path))
    path.write_text("text,label\na,Ham\nb,SPAM\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"label 'Ham' does not occur in train, but 'ham' does; data\.label_case=fold"):
        examples_of(data, 0, ("ham", "spam"), tmp_path)
    data.label_case = LabelCase.fold
    assert examples_of(data, 0, ("ham", "spam"), tmp_path).examples.named_labels() == ["ham", "spam"]


def test_texts_that_the_model_was_trained_on_are_reported(tmp_path, capsys):
    model, report = tmp_path / "model", tmp_path / "report"
    report.mkdir()
    server = Server(f"sqlite:///{tmp_path}/none.db")
    warn_of_trained(["any"], str(model), model, server)
    write_trained_texts(report, ["seen", "seen", "caf\u00e9 noir"])
    warn_of_trained(["new"], str(model), model, server)
    assert capsys.readouterr().err == ""
    warn_of_trained(["new", "cafe\u0301  noir", "seen"], str(model), model, server)
    assert "was trained on 2 of these 3 texts" in capsys.readouterr().err


def test_a_run_that_was_measured_by_cross_validation_needs_a_file(tmp_path):
    path = tmp_path / "data.csv"
    with pytest.raises(UserError, match=r"by cross-validation \(data\.folds=5\).*name a file with data\.test="):
        examples_of(settings(path, train=str(path), folds=5), 0, ("0", "1"), tmp_path)
