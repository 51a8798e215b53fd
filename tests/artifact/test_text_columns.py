"""A model remembers the columns of its texts, and whether the case of labels matters."""

from pathlib import Path

import pytest

from classifier.artifact.text_columns import with_label_case, with_labels, with_text_columns, write_text_columns
from classifier.errors import UserError
from classifier.settings import DataSettings, LabelCase, Reading


@pytest.fixture
def model(tmp_path) -> Path:
    write_text_columns(tmp_path, DataSettings(text=["subject", "body"]))
    return tmp_path


def test_its_columns_are_used_where_a_file_has_them(model):
    path = model / "new.csv"
    path.write_text("subject,body,id\na,b,1\n")
    found, notice = with_text_columns(Reading(), str(path), model)
    assert found.text == ["subject", "body"] and "'subject' and 'body'" in notice
    assert with_text_columns(Reading(text="id"), str(path), model) == (Reading(text="id"), "")
    path.write_text("subject,text\na,b\n")
    assert with_text_columns(Reading(), str(path), model) == (Reading(), "")
    assert with_text_columns(Reading(), str(model / "none.csv"), model) == (Reading(), "")


def test_models_without_a_file_and_with_the_usual_column(model, tmp_path_factory):
    path = model / "new.csv"
    path.write_text("text,id\na,1\n")
    assert with_text_columns(Reading(), str(path), tmp_path_factory.mktemp("older")) == (Reading(), "")
    write_text_columns(model, DataSettings())
    assert with_text_columns(Reading(), str(path), model) == (Reading(), "")


def test_labels_are_matched_as_in_the_training(model, tmp_path_factory):
    data = DataSettings(name="test", root="")
    assert with_label_case(data, model) == (data, "")
    assert with_label_case(data, tmp_path_factory.mktemp("older")) == (data, "")
    write_text_columns(model, DataSettings(label_case=LabelCase.fold))
    found, notice = with_label_case(data, model)
    assert found.label_case is LabelCase.fold and "as in the training of the model" in notice
    assert with_label_case(found, model) == (found, "")
    (model / "assets.extra" / "classifier.json").write_text("[]")
    with pytest.raises(UserError, match="is damaged"):
        with_label_case(data, model)


@pytest.mark.parametrize(
    ("kept", "header"),
    [({"label": "topics", "separator": ";"}, "text,topics"), ({"label": ["joy", "fear"]}, "text,fear,joy")],
)
def test_labels_are_read_as_in_the_training(tmp_path, kept, header):
    write_text_columns(tmp_path, DataSettings(**kept))
    path = tmp_path / "new.csv"
    path.write_text(f"{header}\n")
    found, notice = with_labels(DataSettings(), str(path), tmp_path)
    assert {key: getattr(found, key) for key in kept} == kept and "as in the training of the model" in notice
    named = DataSettings(label="other")
    assert with_labels(named, str(path), tmp_path) == (named, "")
    path.write_text("text,label\n")
    assert with_labels(DataSettings(), str(path), tmp_path) == (DataSettings(), "")
