"""Labelled files are read into Examples: meaning of values, counts and notices."""

import csv

import numpy as np
import pyarrow as pa
import pytest

from classifier.data import DataFile, Reject, Row, TooManyBadRows, file_sha256, read_examples, text_of, write_rejects
from classifier.data.fields import label_of, text_columns
from classifier.errors import UserError


def test_examples(write, settings):
    path = write("train.csv", "text,label\ngood,pos\nbad, neg \n,pos\nfine,pos\n")
    loaded = read_examples(path, settings(max_bad_rows=0.25), split="train")
    examples = loaded.examples
    assert examples.texts == ["good", "bad", "fine"]
    assert examples.label_names == ("neg", "pos")
    assert examples.labels.tolist() == [1, 0, 1]
    assert examples.labels.dtype == np.int32
    assert examples.origins == ["train.csv:2", "train.csv:3", "train.csv:5"]
    assert examples.class_counts() == {"neg": 1, "pos": 2}
    assert loaded.rejects == [Reject(str(path), 4, "text", "the text is empty")]
    assert loaded.files == [DataFile(str(path), "train", file_sha256(path), 4, 3, {"neg": 1, "pos": 2})]


def test_take_keeps_the_classes_of_the_whole(write, settings):
    examples = read_examples(write("a.csv", "text,label\na,x\nb,y\nc,z\n"), settings(), split="train").examples
    taken = examples.take([2, 0])
    assert (len(taken), taken.texts, taken.origins) == (2, ["c", "a"], ["a.csv:4", "a.csv:2"])
    assert taken.class_counts() == {"x": 1, "y": 0, "z": 1}
    assert len(examples.take(np.array([], dtype=int))) == len(examples.take(())) == 0


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["b", "a", "B"], ("B", "a", "b")),
        ([10, 9, -1], ("-1", "9", "10")),
        ([True, False], ("false", "true")),
        (["10", "9", "x"], ("10", "9", "x")),
        ([1.0, 0.0], ("0", "1")),
    ],
)
def test_label_names_are_strings_in_order(write, settings, labels, names):
    path = write("train.parquet", {"text": [f"text {i}" for i in range(len(labels))], "label": labels})
    assert read_examples(path, settings(), split="train").examples.label_names == names


def test_integers_that_pandas_made_floats(write, settings):
    path = write("train.parquet", {"text": list("abc"), "label": pa.array([1.0, None, 2.0])})
    loaded = read_examples(path, settings(max_bad_rows=0.5), split="train")
    assert loaded.examples.label_names == ("1", "2")
    assert [(reject.row, reject.reason) for reject in loaded.rejects] == [(2, "the label is missing")]


@pytest.mark.parametrize("kind", [pa.dictionary(pa.int8(), pa.string()), pa.large_string()])
def test_categorical_labels(write, settings, kind):
    table = pa.table({"text": ["a", "b"], "label": pa.array(["x", "y"]).cast(kind)})
    assert read_examples(write("t.parquet", table), settings(), split="train").examples.label_names == ("x", "y")


@pytest.mark.parametrize(
    ("value", "label", "problem"),
    [
        (" pos\t", "pos", ""),
        (7, "7", ""),
        (7.0, "7.0", ""),
        (True, "true", ""),
        (None, "", "the label is missing"),
        (float("nan"), "", "the label is missing"),
        ("  ", "", "the label is empty"),
        (0.5, "0.5", ""),
        (float("inf"), "inf", ""),
        (["a"], "a", ""),
        ([], "", "the label is missing"),
        (["a", "b", "c"], "", "the row has 3 labels; task=multi_label learns several labels per text"),
        ([["a"]], "", "the label is a list"),
        ({"choices": ["a"]}, "a", ""),
        ('{"choices": ["a"]}', "a", ""),
        ('{"choices": ["a", "b"]}', "", "the row has 2 labels"),
        ('{"choices"', '{"choices"', ""),
        ('{"b": ["a"]}', '{"b": ["a"]}', ""),
        ('["a"]', '["a"]', ""),
        ({"a": 1}, "", "the label is an object"),
        ("a\0", "a\0", "a NUL character"),
        ("\ud83d", "?", "half a character"),
    ],
)
def test_label_of(value, label, problem):
    found, reason = label_of(value)
    assert found == label
    assert problem in reason and bool(problem) == bool(reason)


@pytest.mark.parametrize(
    ("values", "text", "problem", "column"),
    [
        ({"title": "Dune", "body": "Sand."}, "Dune\nSand.", "", ""),
        ({"title": None, "body": " Sand. "}, " Sand. ", "", ""),
        ({"title": 1984, "body": 2.5}, "1984\n2.5", "", ""),
        ({"title": " ", "body": None}, "", "the text is empty", "title, body"),
        ({"title": float("nan")}, "", "the text is missing", "title, body"),
        ({"title": "Dune", "body": ["Sand."]}, "Dune", "the text is a list, not a string", "body"),
        ({"title": "Dune", "body": True}, "Dune", "the text is a boolean, not a string", "body"),
        ({"title": "Dune", "body": "\ud83d"}, "Dune\n?", "the text has half a character (a lone surrogate)", "body"),
        ({"title": "D\0ne", "body": ""}, "D\0ne", "the text has a NUL character", "title"),
    ],
)
def test_text_of_several_columns(values, text, problem, column):
    assert text_of(Row(1, values), ["title", "body"]) == (text, problem, column)


def test_text_of_a_row_with_a_problem_still_gives_its_text():
    assert text_of(Row(1, {"text": "good"}, "too few fields", "x"), ["text"]) == ("good", "too few fields", "x")


@pytest.mark.parametrize("text", ["text", ["text"], ("text",)])
def test_text_columns(text):
    assert text_columns(text) == ["text"]


def test_a_number_is_the_name_of_a_column(write, settings):
    path = write("train.csv", "0,1\na,x\nc,y\n")
    assert read_examples(path, settings(text=0, label="1"), split="train").examples.texts == ["a", "c"]
    assert read_examples(path, settings(text=[0], label="1"), split="train").examples.texts == ["a", "c"]


def test_text_columns_of_omegaconf(write, settings):
    columns = pytest.importorskip("omegaconf").OmegaConf.create(["title", "body"])
    path = write("train.csv", "title,body,label\na,b,x\nc,,y\n")
    assert read_examples(path, settings(text=columns), split="train").examples.texts == ["a\nb", "c"]


@pytest.mark.parametrize("text", ["", [], [""], None, 0.5, True, [None]])
def test_text_columns_that_are_none(text):
    with pytest.raises(UserError, match="names no column"):
        text_columns(text)


def test_several_files_and_an_empty_one_among_them(write, settings):
    write("part-0.csv", "text,label\na,x\n"), write("part-1.csv", "text,label\n")
    path = write("part-2.csv", "text,label\nb,y\n")
    loaded = read_examples(path.parent / "part-*.csv", settings(), split="train")
    assert loaded.examples.origins == ["part-0.csv:2", "part-2.csv:2"]
    assert [file.classes for file in loaded.files] == [{"x": 1}, {}, {"y": 1}]
    assert loaded.notices == [f"{path.parent / 'part-1.csv'} has no rows."]


def test_a_text_of_a_megabyte_is_used_and_noticed(write, settings):
    path = write("train.csv", f"text,label\na,x\n{'long text ' * 100_000},y\n")
    loaded = read_examples(path, settings(), split="train")
    assert len(loaded.examples.texts[1]) == 1_000_000
    assert loaded.notices == ["Very long texts: train.csv:3 has 1,000,000 characters."]


def test_the_rejects_of_all_files_stay_within_reach(write, settings):
    write("0.csv", "text,label\na,x\nb,\n" + "c,y\n" * 100)
    path = write("1.csv", "text,label\n,x\na,x\n")
    with pytest.raises(TooManyBadRows) as error:
        read_examples(path.parent / "?.csv", settings(), split="train")
    assert [(reject.row, reject.column) for reject in error.value.rejects] == [(3, "label"), (2, "text")]


def test_write_rejects(tmp_path):
    path = tmp_path / "reports" / "rejects.csv"
    rejects = [Reject("a.csv", 3, "text", "the text is empty"), Reject("b\udcff.csv", 4, "", 'has "quotes",\nlines')]
    write_rejects(path, rejects[:1])
    write_rejects(path, rejects)
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["file", "row", "column", "reason"],
        ["a.csv", "3", "text", "the text is empty"],
        ["b\\udcff.csv", "4", "", 'has "quotes",\nlines'],
    ]
    assert list(path.parent.iterdir()) == [path]


def test_write_rejects_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "rejects.csv"
    path.write_text("old")
    monkeypatch.setattr("os.fsync", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_rejects(path, [])
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
