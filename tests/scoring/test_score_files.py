"""All formats of input and output: rows, order, types and names are preserved, including bad rows."""

import datetime
import gzip
import json
import os
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from table_files import read, write

from classifier import files
from classifier.errors import UserError
from classifier.scoring.plan import make_plan
from classifier.scoring.score_file import score_files
from classifier.settings import Reading, ScoreSettings

ENDINGS = ["csv", "tsv.gz", "jsonl.zst", "parquet", "csv.zst", "jsonl.gz", "tsv", "jsonl"]
ROWS = [
    {"id": str(i), "text": text, "note": note}
    for i, (text, note) in enumerate(
        [
            ("the lamp is broken", "a,b\t;"),
            ("refund\nplease", 'say "hi"'),
            ("退货太慢了 \U0001f600", "lone \r return"),
            ("x" * 500, " spaces "),
            ("thank you!", "\r\n"),
        ]
    )
]


@pytest.mark.parametrize("target", ENDINGS)
@pytest.mark.parametrize("source", ENDINGS)
def test_every_pair_of_formats(source, target, tmp_path, run, classifier):
    write(tmp_path / f"in.{source}", ROWS)
    scored = run(f"in.{source}", f"out.{target}", window_rows=2)
    expected = classifier.probabilities([row["text"] for row in ROWS])
    assert list(scored[0]) == ["id", "text", "note", "label", "score", "model_version", "error"]
    assert [{name: row[name] for name in ROWS[0]} for row in scored] == ROWS
    assert [row["label"] for row in scored] == [classifier.label_names[i] for i in expected.argmax(1)]
    np.testing.assert_allclose([float(row["score"]) for row in scored], expected.max(1), atol=1e-5)
    assert not any(row["error"] for row in scored) and {row["model_version"] for row in scored} == {"mails/7"}


@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
def test_bad_rows_stay_in_their_place(target, tmp_path, run):
    lines = [b"id,text", b"1,fine", b"2,", b"3,bad \xff byte", b"4,too,many", b"5", b'6,"open" quote', b"7,good"]
    (tmp_path / "in.csv").write_bytes(b"\n".join(lines) + b"\n")
    scored = run("in.csv", f"out.{target}")
    assert [row.get("id") for row in scored] == ["1", "2", "3", "4", "5", "6", "7"]
    assert [bool(row["error"]) for row in scored] == [False, True, True, True, True, True, False]
    assert [bool(row["label"]) for row in scored] == [True, False, False, False, False, False, True]
    assert {row["score"] for row in scored[1:-1]} == {"" if target == "csv" else None}
    assert scored[1]["error"] == "in.csv:3: the text is empty"
    assert "set data.encoding to the file's" in scored[2]["error"]
    assert "2" in scored[3]["error"]


def test_bad_rows_of_json_lines(tmp_path, run):
    lines = ['{"text": "a"}', "{oops", '{"n": 1}', '{"text": ["a"]}', "", '{"text": "nul\\u0000"}', '{"text": 7}', "3"]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    scored = run("in.jsonl", "out.jsonl")
    assert [bool(row["error"]) for row in scored] == [False, True, True, True, True, False, True]
    assert scored[2]["n"] == 1 and scored[2]["label"] is None and scored[5]["text"] == 7
    assert scored[4]["error"].startswith("in.jsonl:6: ")


def test_nothing_but_bad_rows(tmp_path, run):
    write(tmp_path / "in.csv", [{"text": ""}, {"text": ""}])
    assert [row["label"] for row in run("in.csv")] == ["", ""]


def test_parquet_keeps_types(tmp_path, run):
    table = pa.table(
        {
            "text": pa.array(["a", "b", None, "d"]).dictionary_encode(),
            "when": pa.array(
                [1, 2, None, 2**60 + 1], pa.timestamp("ns", "UTC")
            ),  # exceeds the range of Python's datetime
            "price": pa.array([Decimal("1.10"), None, Decimal("0.00"), Decimal("9.99")], pa.decimal128(9, 2)),
            "tags": pa.array([[1], [], None, [2, 3]], pa.list_(pa.int8())),
            "day": pa.array([datetime.date(2024, 2, 29)] * 4),
            "dotted.name": pa.array([b"\xff", b"", None, b"x"]),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=3)
    pq.write_table(table, tmp_path / "more.parquet")
    given = pq.read_table(tmp_path / "in.parquet")
    run(["in.parquet", "more.parquet"], "out.parquet", window_rows=3)
    scored = pq.read_table(tmp_path / "out.parquet")
    assert scored.schema.types[:6] == given.schema.types
    assert scored.select(given.column_names).to_pydict() == pa.concat_tables([given, given]).to_pydict()
    assert scored.schema.field("score").type == pa.float32()
    assert scored.column("score").null_count == 2
    run("in.parquet", "chosen.parquet", columns=["price", "when"])
    assert pq.read_schema(tmp_path / "chosen.parquet").names[:3] == ["price", "when", "label"]
    run("in.parquet", "none.parquet", columns=[])
    assert pq.read_schema(tmp_path / "none.parquet").names == ["label", "score", "model_version", "error"]


def test_parquet_to_text(tmp_path, run):
    day = datetime.datetime(2024, 2, 29, 1, 2, 3)
    write(tmp_path / "in.parquet", [{"text": "a", "b": b"\xff", "t": day, "f": float("nan"), "l": [True, None]}])
    given = {"text": "a", "b": "/w==", "t": "2024-02-29T01:02:03", "f": None, "l": [True, None]}
    assert {name: run("in.parquet", "out.jsonl")[0][name] for name in given} == given
    assert run("in.parquet", "out.csv")[0]["l"] == "[true, null]"


def test_json_lines_pass_their_own_keys(tmp_path, run):
    rows = [{"text": "a", "n": 1.0, "deep": {"x": [None]}}, {"z": True, "text": "b"}, {"text": "c", "lone": "\ud800"}]
    write(tmp_path / "in.jsonl", rows)
    added = ("label", "score", "model_version", "error")
    for row, scored in zip(rows, run("in.jsonl", "out.jsonl"), strict=True):
        assert {name: value for name, value in scored.items() if name not in added} == row
    assert list(run("in.jsonl", "chosen.jsonl", columns=["z", "text"])[1]) == ["z", "text", *added]


def test_json_lines_to_a_table_have_all_columns_and_types(tmp_path, run):
    """A key that occurs late is also a column, because the file is read once before."""
    rows = [{"text": "a", "i": 1, "f": 1, "m": 1, "b": True}] + [{"text": "x"}] * 20
    rows += [{"text": "b", "i": 2**60, "f": 0.5, "m": {"x": "\ud800"}, "late": None, "huge": 2**70}]
    rows += [{"text": "c", "half \ud83d": 1}]
    write(tmp_path / "in.jsonl", rows)
    scored = run("in.jsonl", "out.parquet", window_rows=3)
    kinds = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "out.parquet")}
    assert kinds == {"text": "string", "i": "int64", "f": "double", "m": "string", "b": "bool", "late": "string",
                     "huge": "string", "half \ufffd": "int64", "label": "string", "score": "float",
                     "model_version": "string", "error": "string"}  # fmt: skip
    assert scored[0]["m"] == "1" and scored[1]["i"] is None
    assert scored[-2]["i"] == 2**60 and scored[-2]["huge"] == str(2**70) and scored[-1]["half \ufffd"] == 1
    assert run("in.jsonl", "out.csv")[-2]["huge"] == str(2**70)


def test_text_of_several_columns_and_files(tmp_path, run, classifier):
    write(tmp_path / "a.csv", [{"title": "where", "body": "is it"}])
    write(tmp_path / "b.csv", [{"body": "", "title": "refund"}])
    scored = run(["a.csv", "b.csv"], text=["title", "body"], probabilities=True)
    found = [[float(row[f"probability_{name}"]) for name in classifier.label_names] for row in scored]
    np.testing.assert_allclose(found, classifier.probabilities(["where\nis it", "refund"]), atol=1e-5)


def test_probabilities_and_ranks(tmp_path, run, classifier):
    write(tmp_path / "in.csv", [*ROWS, {"text": ""}])
    scored = run("in.csv", "out.parquet", columns=["id"], probabilities=True, top_k=5, prefix="my_")
    ranks = [f"my_top_{rank}_{what}" for rank in range(1, 6) for what in ("label", "score")]
    classes = [f"my_probability_{name}" for name in classifier.label_names]
    assert list(scored[0]) == ["id", "my_label", "my_score", *ranks, *classes, "my_model_version", "my_error"]
    for row in scored[:-1]:
        assert sum(row[name] for name in classes) == pytest.approx(1, abs=1e-6)
        assert [row[name] for name in ranks[1::2]] == sorted((row[name] for name in classes), reverse=True)
        assert (row["my_label"], row["my_score"]) == (row["my_top_1_label"], row["my_top_1_score"])
        assert all(row[a] == row[f"my_probability_{row[b]}"] for b, a in zip(ranks[::2], ranks[1::2], strict=True))
    assert all(scored[-1][name] is None for name in [*ranks, *classes])


@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("source", ["csv", "parquet"])
def test_no_rows(source, target, tmp_path, run):
    write(tmp_path / "in.parquet", ROWS)
    pq.write_table(pq.read_table(tmp_path / "in.parquet").slice(0, 0), tmp_path / "in.parquet")
    (tmp_path / "in.csv").write_text("id,text,note\n")
    assert run(f"in.{source}", f"out.{target}") == []
    if target == "csv":
        assert (tmp_path / "out.csv").read_text() == "id,text,note,label,score,model_version,error\n"
    if target == "parquet":
        assert len(pq.read_schema(tmp_path / "out.parquet")) == 7


def test_delimiter_and_encoding(tmp_path, run):
    (tmp_path / "in.csv").write_text("id;text\n1;Größe\n", encoding="cp1252")
    run("in.csv", data=Reading(encoding="cp1252", delimiter="semicolon"))
    assert (tmp_path / "out.csv").read_text().startswith("id;text;label;score;model_version;error\n1;Größe;")


REFUSED = {
    "collision": ({"output": "label.csv"}, "already has a column 'label'", "prefix=predicted_"),
    "missing text": ({"text": "txet"}, "has no column 'txet'", "Did you mean 'text'?", "name yours with data.text="),
    "missing column": ({"columns": ["id", "nots"]}, "no column 'nots'", "Did you mean 'note'?"),
    "output is input": ({"output": "in.csv"}, "is also an input"),
    "linked output is input": ({"output": "link.csv"}, "is also an input"),
    "no folder": ({"output": "nowhere/out.csv"}, "there is no folder"),
    "output is a folder": ({"output": "folder.csv"}, "is a folder"),
    "unknown ending": ({"output": "out.xlsx"}, ".xlsx"),
    "negative rank": ({"top_k": -1}, "top_k=-1 must be at least 0"),
    "no window": ({"window_rows": 0}, "window_rows=0 must be at least 1"),
    "delimiter": ({"data": Reading(delimiter="ab")}, "data.delimiter='ab' is not one character"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_before_tensorflow_is_loaded(case, tmp_path, refused):
    write(tmp_path / "in.csv", [{**row, "label": "x"} if case == "collision" else row for row in ROWS])
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "in.csv")
    before = sorted(os.listdir(tmp_path))
    changes, *parts = REFUSED[case]
    message = refused("in.csv", **changes)
    assert all(part in message for part in parts), message
    assert sorted(os.listdir(tmp_path)) == before


def test_unlike_files_are_refused(tmp_path, refused):
    write(tmp_path / "a.parquet", [{"text": "a", "n": 1}])
    write(tmp_path / "b.parquet", [{"text": "a", "n": "1"}])
    write(tmp_path / "c.csv", [{"text": "a", "m": 1}])
    assert "of type string, but int64" in refused(["a.parquet", "b.parquet"], "out.parquet")
    assert "only one of them has 'm'" in refused(["a.parquet", "c.csv"])


def test_late_collision_in_json_lines_is_refused(tmp_path, refused):
    write(tmp_path / "in.jsonl", [{"text": "a"}] * 1100 + [{"text": "a", "score": 1}])
    assert "already has a column 'score'" in refused("in.jsonl", "out.jsonl")


def test_damage_at_the_end_is_found_at_the_beginning(tmp_path, refused):
    whole = gzip.compress(("text\n" + "some words\n" * 9000).encode())
    (tmp_path / "in.csv.gz").write_bytes(whole[:-20])
    assert "damaged or cut short" in refused("in.csv.gz")


def test_refused_once_the_model_is_known(tmp_path, run):
    write(tmp_path / "in.csv", [{"text": "a", "probability_billing": 1}])
    with pytest.raises(UserError, match="already has a column 'probability_billing'"):
        run("in.csv", probabilities=True)
    with pytest.raises(UserError, match="top_k=6 is more than the 5 classes"):
        run("in.csv", top_k=6)
    assert os.listdir(tmp_path) == ["in.csv"]


class Interrupted:
    """A classifier that raises after the first chunk."""

    label_names = ("a", "b")
    windows_ahead = 2

    def __init__(self, error):
        self.error, self.chunks = error, 0

    def probabilities(self, texts):
        self.chunks += 1
        if self.chunks > 1:
            raise self.error
        return np.full((len(texts), 2), 0.5, np.float32)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("target", ["out.csv", "out.tsv.gz", "out.jsonl.zst", "out.parquet"])
def test_what_breaks_off_leaves_nothing_and_an_old_output_stays(target, error, tmp_path, run):
    write(tmp_path / "in.csv", ROWS)
    (tmp_path / target).write_text("old")
    full = isinstance(error, OSError)
    with pytest.raises(UserError if full else type(error), match="the disk is full" if full else None):
        run("in.csv", target, load=lambda: Interrupted(error), window_rows=2)
    assert sorted(os.listdir(tmp_path)) == sorted(["in.csv", target])
    assert (tmp_path / target).read_text() == "old"


@pytest.mark.parametrize("target", ["out.csv", "out.tsv.gz", "out.jsonl.zst", "out.parquet"])
def test_a_full_disk(target, tmp_path, run, monkeypatch):
    """Writing to /dev/full always fails."""
    write(tmp_path / "in.csv", [{"text": os.urandom(300).hex()} for _ in range(2000)])
    before = os.listdir(tmp_path)
    full = lambda *_, **how: open("/dev/full", "wb", **how)  # noqa: E731, SIM115
    monkeypatch.setattr(files, "open", full, raising=False)
    with pytest.raises(UserError, match="the disk is full"):
        run("in.csv", target, load=lambda: Interrupted(None), window_rows=2000)
    assert os.listdir(tmp_path) == before


def test_the_output_keeps_its_permissions_and_its_link(tmp_path, run):
    write(tmp_path / "in.csv", ROWS)
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "real.csv").chmod(0o640)
    (tmp_path / "out.csv").symlink_to("real.csv")
    run("in.csv")
    assert (tmp_path / "out.csv").is_symlink()
    assert (tmp_path / "real.csv").stat().st_mode & 0o777 == 0o640
    assert len(read(tmp_path / "real.csv")) == len(ROWS)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=12),
    window_rows=st.integers(1, 13),
    source=st.sampled_from(["csv", "jsonl", "parquet"]),
    data=st.data(),
)
def test_each_row_is_scored_as_if_alone(texts, window_rows, source, data, tmp_path, classifier):
    """For any chunk, batch and order; a row with an error has no text to score."""
    order = data.draw(st.permutations(range(len(texts))))
    given, output = tmp_path / f"in.{source}", tmp_path / "out.parquet"
    write(given, [{"id": str(place), "text": texts[place]} for place in order])
    options = ScoreSettings(
        "model", str(given), str(output), probabilities=True, window_rows=window_rows, overwrite=True
    )
    score_files(make_plan(options, "abc", "1"), lambda: classifier)
    scored = read(output)
    assert [row["id"] for row in scored] == [str(place) for place in order]
    for row in scored:
        text = texts[int(row["id"])]
        assert bool(row["error"]) == (not text or text.isspace() or "\0" in text)
        if not row["error"]:
            alone = classifier.probabilities([text])[0]
            found = [row[f"probability_{name}"] for name in classifier.label_names]
            np.testing.assert_allclose(found, alone, atol=1e-5)
            assert row["score"] == max(found) and row[f"probability_{row['label']}"] == max(found)


def test_json_written_is_strict(tmp_path, run):
    (tmp_path / "in.jsonl").write_text('{"text": "a", "x": NaN, "y": [1e999]}\n')
    run("in.jsonl", "out.jsonl")
    line = (tmp_path / "out.jsonl").read_text()
    assert json.loads(line, parse_constant=lambda name: pytest.fail(name))["y"] == [None]


def test_the_two_ways_to_name_the_text_do_not_contradict(refused):
    assert "text=body is short for data.text=mail" in refused("in.csv", text="body", data=Reading(text="mail"))
