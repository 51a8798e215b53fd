"""Each line of the case has a message with a helpful hint."""

import shlex

import pytest


def test_a_byte_that_cp1252_does_not_have(case, run):
    file = case("misleading_hints") / "undefined_in_cp1252.csv"
    done = run("train", "data=files", f"data.train={file}", "data.encoding=cp1252", "data.max_bad_rows=0")
    assert "byte 0x9D is not valid cp1252; the file is perhaps utf-8; data.encoding=latin-1 reads" in done.stderr


def test_a_file_whose_name_has_a_comma(run, tmp_path):
    (tmp_path / "a, b.csv").write_text("text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(9)))
    done = run("train", "data=files", "data.train=a, b.csv")
    assert "a value with a comma in it as 'data.train=\"a, b.csv\"';" in done.stderr
    done = run("train", "data=files", 'data.train="a, b.csv"', "data.text=txet")
    assert "a, b.csv has no column 'txet'" in done.stderr


def test_an_address(run):
    done = run("train", "data=files", "data.train=https://host/a.csv")
    assert done.stderr.startswith("Error: https://host/a.csv is an address: only files on this machine are read.")


def test_a_folder_of_folders(run, tmp_path):
    (tmp_path / "lake/2024").mkdir(parents=True)
    (tmp_path / "lake/2024/part-0.parquet").write_bytes(b"")
    (tmp_path / "model").mkdir()
    (tmp_path / "model/saved_model.pb").write_bytes(b"")
    done = run("score", "model=model", "input=lake", "output=out.csv")
    assert "lake/**/*.parquet" in done.stderr and ".csv." not in done.stderr


def test_a_file_in_place_of_a_model(run, tmp_path):
    (tmp_path / "m/model").mkdir(parents=True)
    (tmp_path / "m/summary.json").write_text("{}")
    (tmp_path / "m/model/saved_model.pb").write_bytes(b"")
    for file in ("summary.json", "model/saved_model.pb"):
        done = run("score", f"model={tmp_path}/m/{file}", "input=in.csv", "output=out.csv")
        assert f"is a file; the model is the folder {tmp_path}/m/model" in done.stderr
    done = run("score", f"model={tmp_path}/m", "input=in.csv", "output=out.csv")
    assert "There is no file in.csv" in done.stderr  # the model in the folder of its training was found
    done = run("score", "model=runs:/0123456789abcdef/model", "input=in.csv", "output=out.csv")
    assert "There is no file in.csv" in done.stderr or "0123456789abcdef" in done.stderr


@pytest.mark.parametrize(
    ("argument", "key", "value"),
    [
        ("data.text=Größe", "data.text", "Größe"),
        ("data.train=year=2024/x.csv", "data.train", "year=2024/x.csv"),
        ("data.text=don't", "data.text", "don't"),
    ],
)
def test_a_value_that_needs_quotes(run, argument, key, value):
    refused = run("train", argument).stderr
    line = refused.partition(", as ")[2].rstrip(".\n")
    [typed] = shlex.split(line)
    composed = run("train", typed, "--cfg", "job", "--package", key.partition(".")[0])
    assert composed.returncode == 0 and value in composed.stdout, composed.stderr


def test_a_delimiter_needs_no_quotes(run):
    composed = run("train", "data.delimiter=~", "--cfg", "job", "--package", "data")
    assert composed.returncode == 0 and "delimiter: '~'" in composed.stdout, composed.stderr


def test_a_database_with_a_blank_in_its_path(run, tmp_path):
    (tmp_path / "my runs").mkdir()
    done = run("train", "encoder=tiny", "trainer.epochs=1", f"tracking.uri=sqlite:///{tmp_path}/my runs/x.db")
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("Start")]
    command = shlex.split(line.removeprefix("Start"))
    assert command[-1] == f"sqlite:///{tmp_path}/my runs/x.db"


def test_text_and_label_in_one_column(case, run):
    data = case("path_brackets") / "train.csv"
    done = run("train", "data=files", f"data.train={data}", "data.text=label", "data.label=label")
    assert done.returncode == 2 and "too few" not in done.stderr and "label" in done.stderr
