"""Columns of text and label are found where they are plain; otherwise the message has a line to type."""

import shlex
from dataclasses import replace

import pytest

from classifier.data.columns import with_columns
from classifier.data.rows import open_rows
from classifier.errors import UserError
from classifier.settings import DataSettings

ROWS = [(f"a long text about number {i}", "bird" if i % 3 else "fish", str(i)) for i in range(30)]


@pytest.fixture
def data(tmp_path):
    """data(header, columns, **settings): settings for a CSV file with these columns of ROWS."""

    def write(header: str, places: str, **others) -> DataSettings:
        path = tmp_path / "my tickets.csv"
        lines = [",".join(row[int(place)] for place in places) for row in ROWS]
        path.write_text("\n".join([header, *lines]) + "\n")
        return replace(DataSettings(name="files", train=str(path), root=""), **others)

    return write


@pytest.mark.parametrize(
    ("header", "places", "others", "text", "label"),
    [
        ("message,topic", "01", {}, "message", "topic"),
        ("id,Category,Body", "210", {}, "Body", "Category"),
        ("text,kind", "01", {}, "text", "kind"),
        ("a,b", "10", {}, "b", "a"),
        ("id,message,kind", "201", {"label": "kind"}, "message", "kind"),
        ("id,complaint,label", "201", {"text": "complaint"}, "complaint", "label"),
        ("id,complaint,team", "201", {"text": "complaint"}, "complaint", "team"),
        ("message,text,topic", "200", {}, "text", "topic"),
    ],
)
def test_plain_columns_are_found(data, header, places, others, text, label):
    found, notice = with_columns(data(header, places, **others))
    assert (found.text, found.label) == (text, label)
    assert not notice or f"data.text={text} data.label={label}" in notice


@pytest.mark.parametrize(("header", "places"), [("text,label", "01"), ("id,text,label", "201")])
def test_named_columns_are_left_alone(data, header, places):
    given = data(header, places)
    assert with_columns(given) == (given, "")
    assert with_columns(given := data("a,b", "01", text="x", label="y")) == (given, "")


@pytest.mark.parametrize(
    ("header", "places"), [("id,complaint,kind", "201"), ("message,body,topic", "201"), ("a,b", "02")]
)
def test_others_are_refused_with_a_line_to_type(data, header, places):
    given = data(header, places)
    with pytest.raises(
        UserError, match=r"name yours with data\.text= and data\.label=, such as:\n  classifier train"
    ) as no:
        with_columns(given)
    line = shlex.split(str(no.value).partition("such as:")[2])
    assert line[:3] == ["classifier", "train", given.train]
    assert line[3] == f"data.text={header.split(',')[places.index('0')]}"


def test_a_file_without_a_header_is_left_to_the_reader(data):
    given = data("a long text about the first number,bird", "01")
    assert with_columns(given) == (given, "")


def test_semicolons_are_found(tmp_path):
    path = tmp_path / "excel.csv"
    path.write_text(
        "\ufeffNachricht;Thema\n" + "".join(f"Hallo, Nummer {i};{'a' if i % 2 else 'b'}\n" for i in range(9))
    )
    found, _ = with_columns(DataSettings(name="files", train=str(path), root=""))
    assert (found.text, found.label) == ("Nachricht", "Thema")


def test_a_column_of_its_own_holds_commas(write, settings):
    rows = "text\n" + "".join(f"row {i}{', and more' * (i % 3)}; so\n" for i in range(9))
    names, found = open_rows(write("excel.csv", rows), settings(), notices := [])
    assert names == ["text"] and [row.values["text"] for row in found][2] == "row 2, and more, and more; so"
    assert any("it has one column" in notice for notice in notices)
