"""Realistic files: every row of the input is a row of the output, for all formats."""

import io
import json
import signal
import sys

import openpyxl
import pyarrow.parquet as pq
import pytest
from hydra.core.singleton import Singleton
from table_files import read, write

from classifier.command_line.run import run_command
from classifier.score import score
from classifier.scoring.plan import make_plan
from classifier.scoring.score_file import score_files
from classifier.settings import Quotes, Reading, ScoreSettings

TEXTS = ["where is it", "refund please", "the lamp is broken"]


@pytest.mark.parametrize("output", ["out.csv", "out.jsonl", "out.parquet"])
def test_a_workbook(run, tmp_path, output):
    book = openpyxl.Workbook()
    for row in [["id", "text"], *enumerate(TEXTS)]:
        book.active.append(list(row))
    book.save(tmp_path / "in.xlsx")
    scored = run("in.xlsx", output)
    assert [(row["id"], row["text"]) for row in scored] == [(str(i), text) for i, text in enumerate(TEXTS)]
    assert all(row["label"] and not row["error"] for row in scored)


@pytest.mark.parametrize("output", ["out.csv", "out.jsonl", "out.parquet"])
def test_a_json_array_with_nested_texts(run, tmp_path, output):
    (tmp_path / "in.json").write_text(json.dumps([{"id": i, "mail": {"body": text}} for i, text in enumerate(TEXTS)]))
    scored = run("in.json", output, text="mail.body")
    assert [str(row["id"]) for row in scored] == ["0", "1", "2"]
    assert set(scored[0]) == {"id", "mail", "label", "score", "model_version", "error"}
    assert all(row["label"] for row in scored)


@pytest.mark.parametrize("output", ["out.csv", "out.jsonl", "out.parquet"])
def test_a_folder_of_parquet_with_partitions(run, tmp_path, output):
    for year in ("2023", "2024"):
        (tmp_path / f"lake/year={year}").mkdir(parents=True)
        write(tmp_path / f"lake/year={year}/part-0.parquet", [{"id": i, "text": text} for i, text in enumerate(TEXTS)])
    scored = run("lake", output, shard_rows=2)
    assert [(str(row["id"]), row["year"]) for row in scored] == [
        (str(i), y) for y in ("2023", "2024") for i in range(3)
    ]
    scored = run("lake", output, columns=["year", "id"])
    assert list(scored[0])[:3] == ["year", "id", "label"]
    if output == "out.parquet":
        assert pq.read_schema(tmp_path / output).field("year").type == "string"


def test_a_table_without_a_header(run, tmp_path):
    (tmp_path / "in.tsv").write_text("".join(f"x\t{text}\n" for text in TEXTS))
    scored = run("in.tsv", data=Reading(header=False), text=1)
    assert [row["1"] for row in scored] == TEXTS and scored[0]["0"] == "x"


def test_marks_of_text_without_quoting(tmp_path, classifier):
    lines = ["1\tfine", '2\t"not closed', "3\tnever", '4\tclosed."', *(f"{i}\tplain" for i in range(5, 20))]
    (tmp_path / "in.tsv").write_text("\n".join(["id\ttext", *lines]))
    settings = ScoreSettings("m", str(tmp_path / "in.tsv"), str(tmp_path / "out.tsv"))
    done = score_files(make_plan(settings, "abc", "v1"), lambda: classifier)
    assert [f"{row['id']}\t{row['text']}" for row in read(tmp_path / "out.tsv")] == lines
    assert "quotation marks are read as part of the texts" in done.notices[0]
    settings = ScoreSettings("m", settings.input, settings.output, data=Reading(quotes=Quotes.double), overwrite=True)
    assert (
        "each of which could be a separate row"
        in score_files(make_plan(settings, "abc", "v1"), lambda: classifier).notices[0]
    )


@pytest.mark.parametrize(("ending", "columns"), [("txt", 5), ("tsv", 6)])
def test_lines_from_standard_input(tmp_path, classifier, monkeypatch, ending, columns):
    sent = {"txt": 'a, "b"\n\nc\n', "tsv": 'id\ttext\n1\t"open\n2\t\n3\tc\n'}[ending]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sent.encode())))
    settings = ScoreSettings("m", "-", str(tmp_path / "out.jsonl"), format=ending)
    done = score_files(make_plan(settings, "abc", "v1"), lambda: classifier)
    scored = read(tmp_path / "out.jsonl")
    assert [row["text"] for row in scored] == {"txt": ['a, "b"', "", "c"], "tsv": ['"open', "", "c"]}[ending]
    assert [bool(row["error"]) for row in scored] == [False, True, False]
    assert {len(row) for row in scored} == {columns} and len(done.notices) == (ending == "tsv")


def test_plain_text_in_is_csv_out(classifier, monkeypatch, capfdbinary):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\n")))
    score_files(make_plan(ScoreSettings("m", "-", "-", format="txt"), "abc", "v1"), lambda: classifier)
    assert capfdbinary.readouterr().out.startswith(b"text,label,score,model_version,error\na,")


@pytest.mark.parametrize(("output", "message"), [("out.xlsx", "XLSX is only read"), ("out.txt", "plain text is only")])
def test_what_is_only_read(refused, tmp_path, output, message):
    write(tmp_path / "in.csv", [{"text": "a"}])
    assert message in refused("in.csv", output)


@pytest.fixture
def command():
    """Restores Hydra and the signals after a command in this process."""
    state, terminated = Singleton.get_state(), signal.getsignal(signal.SIGTERM)
    yield run_command
    Singleton.set_state(state)
    signal.signal(signal.SIGTERM, terminated)


@pytest.mark.parametrize(("bad", "code"), [(0, 0), (1, 0), (2, 1), (10, 1)])
def test_the_exit_code_where_many_rows_have_an_error(tmp_path, monkeypatch, model_folder, capsys, command, bad, code):
    monkeypatch.setattr("classifier.start.start_saved_models", lambda branches: None)
    write(tmp_path / "in.csv", [{"text": "" if i < bad else "a"} for i in range(10)])
    out, folder = tmp_path / "out.csv", tmp_path / "run"
    overrides = [f"model={model_folder}", f"input={tmp_path}/in.csv", f"output={out}", f"hydra.run.dir={folder}"]
    monkeypatch.setattr(sys, "argv", ["score", *overrides])
    with pytest.raises(SystemExit) if code else pytest.MonkeyPatch.context() as caught:
        command("score", ScoreSettings, score)
    if code:
        assert caught.value.code == code and "more than 10% of the rows have an error" in capsys.readouterr().err
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == ("MANY_ERRORS" if code else "FINISHED")
    assert len(read(out)) == 10 and summary["errors"] == bad
