"""Standard input and standard output: only rows, as a stream."""

import csv
import gzip
import io
import json
import os

import pytest
from table_files import write

from classifier.errors import UserError
from classifier.score import score
from classifier.scoring.plan import make_plan
from classifier.scoring.score_file import score_files
from classifier.settings import Reading, ScoreSettings


@pytest.fixture
def piped(monkeypatch, classifier, capfdbinary):
    """Returns standard output for the given standard input."""

    def piped(sent: bytes, given: str = "-", output: str = "-", **settings) -> bytes:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sent)))
        plan = make_plan(ScoreSettings("m", given, output, **settings), "abc", "v1")

        def load():
            print("a library has something to say")
            os.write(1, b"in C, too\n")
            return classifier

        score_files(plan, load)
        return capfdbinary.readouterr().out

    return piped


def test_csv(piped):
    out = piped(b"id,text\n1,where is it\n2,\n3,thanks\n", window_rows=1)
    rows = list(csv.DictReader(io.StringIO(out.decode())))
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert rows[1]["error"] == "standard input:3: the text is empty" and not rows[0]["error"] and rows[2]["label"]


def test_json_lines_and_compression(piped):
    data = b'{"text": "where is it"}\n{"text": "thanks", "n": 1}\n'
    assert [json.loads(line).get("n") for line in piped(data, format="jsonl").splitlines()] == [None, 1]
    zipped = piped(gzip.compress(data), format=".jsonl.gz")
    assert len(gzip.decompress(zipped).splitlines()) == 2


def test_no_rows(piped):
    assert piped(b"id,text\n") == b"id,text,label,score,model_version,error\n"
    assert piped(b"", format="jsonl") == b""
    with pytest.raises(UserError, match="standard input is empty"):
        piped(b"")


def test_from_a_file_to_standard_output_and_back(piped, tmp_path):
    write(tmp_path / "in.jsonl", [{"text": "a", "n": 1}])
    assert piped(b"", str(tmp_path / "in.jsonl")).startswith(b"text,n,label,score,model_version,error\na,1,")
    assert piped(b"text\na\n", output=str(tmp_path / "out.jsonl")) == b"a library has something to say\nin C, too\n"
    assert json.loads((tmp_path / "out.jsonl").read_text())["text"] == "a"
    with pytest.raises(UserError, match="exists already"):
        piped(b"text\na\n", output=str(tmp_path / "out.jsonl"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"format": "parquet"}, "Parquet cannot be read from standard input"),
        ({"format": "xlsx"}, "XLSX cannot be read from standard input"),
        ({"format": "xls"}, "format=xls: say what goes through the pipe"),
        ({"format": "jsonl", "output": "out.csv"}, "JSON Lines from standard input can only be written as JSON Lines"),
        ({"text": "txet"}, "standard input has no column 'txet'. Did you mean 'text'?"),
        ({"columns": ["x"]}, "columns: standard input has no column 'x'"),
        ({"data": Reading(delimiter="semicolon")}, "Set data.delimiter=comma"),
    ],
)
def test_refused(settings, message, piped, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        piped(b"id,text\n1,a\n", **settings)
    assert message in str(caught.value) and os.listdir(tmp_path) == []


@pytest.mark.parametrize(("stream", "key"), [("stdin", "input"), ("stdout", "output")])
def test_a_stream_that_is_closed(stream, key, monkeypatch):
    monkeypatch.setattr(f"sys.{stream}", None)
    with pytest.raises(UserError, match=rf"{key}=-: standard {key} is closed\. Name a file\."):
        make_plan(ScoreSettings("m", "-", "-"), "abc", "v1")


def test_a_full_disk_behind_standard_output(piped):
    kept, full = os.dup(1), os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, 1), os.close(full)
    try:
        with pytest.raises(UserError, match=r"standard output cannot be written: No space left on device\. Rows "):
            piped(b"id,text\n1,where is it\n")
    finally:
        os.dup2(kept, 1), os.close(kept)


def test_a_closed_pipe(tmp_path, model_folder, monkeypatch):
    """As with `| head`: the command ends quietly."""
    write(tmp_path / "in.csv", [{"text": "a" * 300_000}] * 3)
    monkeypatch.setattr("classifier.start.start_saved_models", lambda branches: None)
    kept, (reading, writing) = os.dup(1), os.pipe()
    os.close(reading), os.dup2(writing, 1), os.close(writing)
    try:
        with pytest.raises(SystemExit) as caught:
            score(ScoreSettings(str(model_folder), str(tmp_path / "in.csv"), "-"), tmp_path)
        assert caught.value.code == 141
    finally:
        os.dup2(kept, 1), os.close(kept)
