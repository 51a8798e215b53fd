"""`classifier audit` from files to issues, page and fixed files."""

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from classifier.audit import audit
from classifier.auditing.find_issues import leaks
from classifier.auditing.pool import Pool
from classifier.data.examples import Examples
from classifier.data.near_duplicates import near_duplicates
from classifier.errors import UserError
from classifier.settings import AuditOptions, AuditSettings, DataSettings, Fix

WORDS = {
    "bird": ["owl", "wren", "kite", "finch", "robin", "heron", "stork", "crane"],
    "tool": ["saw", "axe", "file", "drill", "hammer", "chisel", "plane", "wrench"],
}
ROWS = 120  # before the special ones
WRONG = (3, 8)  # rows from 0 whose label is the other one


def rows():
    random = np.random.default_rng(0)
    for number in range(ROWS):
        label = ("bird", "tool")[number % 2]
        words = " ".join(random.choice(WORDS[label], 4))
        other = {"bird": "tool", "tool": "bird"}[label] if number in WRONG else label
        yield {"id": f"{number:03}", "message": f"{words} {chr(97 + number % 26) * 3}{number}", "topic": other}
    yield {"id": "120", "message": "¡¡¡ 123 !!!", "topic": "bird"}
    yield {"id": "121", "message": "the heron and the crane in the reeds", "topic": "Bird"}
    yield {"id": "122", "message": "the heron and the crane in the reeds", "topic": "tool"}
    yield {"id": "123", "message": "the heron and the crane in the reeds", "topic": "bird"}
    yield {"id": "124", "message": "the heron and a crane in the reeds!", "topic": "bird"}


@pytest.fixture
def files(tmp_path):
    train, test = tmp_path / "in" / "train.csv", tmp_path / "in" / "test.csv"
    train.parent.mkdir()
    for path, some in ((train, list(rows())), (test, [dict(one) for one in list(rows())[:2]])):
        if path is test:
            some[0]["message"] += " please"
            some[1]["message"] = "a hammer and a drill for the whole family at once"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(some[0]))
            writer.writeheader()
            writer.writerows(some)
    return train, test


def audited(output, fix=None, **data):
    output.mkdir()
    settings = AuditSettings(DataSettings(name="mine", **data), AuditOptions(fix))
    return audit(settings, output)


def issues(output):
    with (output / "issues.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def places(found, kind):
    return [int(one["row"]) - 2 for one in found if one["issue"] == kind]


def test_each_kind_of_issue_is_found(files, tmp_path):
    summary = audited(tmp_path / "out", train=str(files[0]), test=str(files[1]))
    found = issues(tmp_path / "out")
    assert list(found[0]) == ["file", "row", "issue", "score", "given_label", "suggested_label"]
    assert set(WRONG) <= set(places(found, "label"))
    for one in found:
        if one["issue"] == "label" and int(one["row"]) - 2 in WRONG:
            assert one["suggested_label"] == {"bird": "tool", "tool": "bird"}[one["given_label"]]
    assert places(found, "contradiction") == [ROWS + 1, ROWS + 2, ROWS + 3]
    assert places(found, "near_duplicate") == [ROWS + 2, ROWS + 3, ROWS + 4]
    assert places(found, "leak") == [0]
    assert [(one["given_label"], one["suggested_label"]) for one in found if one["issue"] == "spelling"] == [
        ("Bird", "bird")
    ]
    assert places(found, "no_words") == [ROWS]
    assert {one["file"] for one in found} == {str(files[0])}
    scores = [float(one["score"]) for one in found]
    assert scores == sorted(scores, reverse=True)
    assert set(summary["leak_worth"]) == {"with", "without"} and 0.5 <= summary["leak_worth"]["without"] <= 1
    assert summary["issues"]["leak"] == 1 and summary["rows"] == ROWS + 7
    page = (tmp_path / "out" / "audit.html").read_text().replace("<wbr>", "")
    assert "the heron and a crane in the reeds!" in page and "train.csv:126" in page


def test_fixed_files_are_new_and_keep_all_other_values(files, tmp_path):
    before = files[0].read_bytes()
    dropped = audited(tmp_path / "drop", Fix.drop, train=str(files[0]), test=str(files[1]))
    relabelled = audited(tmp_path / "relabel", Fix.relabel, train=str(files[0]))
    assert files[0].read_bytes() == before
    given = list(rows())
    with open(dropped["fixed"][0], newline="") as file:
        kept = {one["id"]: one for one in csv.DictReader(file)}
    gone = {*WRONG, 0, ROWS, ROWS + 2, ROWS + 3, ROWS + 4}  # wrong, leaking, no words, contradictory, near-duplicates
    assert [given[place]["id"] for place in sorted(gone)] == sorted({one["id"] for one in given} - kept.keys())
    assert kept["121"]["topic"] == "bird"  # the rarer spelling is replaced
    with open(relabelled["fixed"][0], newline="") as file:
        now = list(csv.DictReader(file))
    assert [one["id"] for one in now] == [one["id"] for one in given]
    changed = [place for place, one in enumerate(now) if one != given[place]]
    assert changed == [*WRONG, ROWS + 1, ROWS + 2]
    assert now[ROWS + 1]["topic"] == now[ROWS + 2]["topic"] == "bird"


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_numbers_and_missing_labels_stay_what_they_are(suffix, tmp_path):
    source = tmp_path / f"train.{suffix}"
    given = [{**row, "n": place, "topic": int(row["topic"] == "tool")} for place, row in enumerate(rows())][:ROWS]
    given.insert(50, {"id": "x", "message": "a text that nobody labelled", "n": -1, "topic": None})
    if suffix == "jsonl":
        source.write_text("".join(json.dumps(row) + "\n" for row in given) + "{broken\n")
    else:
        pyarrow.parquet.write_table(pa.Table.from_pylist(given), source)
    columns = {"text": "message", "label": "topic", "max_bad_rows": 0.05}
    summary = audited(tmp_path / "out", Fix.relabel, train=str(source), **columns)
    target = tmp_path / "out" / "fixed" / source.name
    assert summary["fixed"] == [str(target)]
    if suffix == "jsonl":
        found = [json.loads(line) for line in target.read_text().splitlines()]
    else:
        found = pyarrow.parquet.read_table(target).to_pylist()
    expected = [{**row, "topic": 1 - row["topic"]} if row["n"] in WRONG else row for row in given]
    assert found == expected


def test_files_of_the_same_name_and_semicolons_stay_apart(tmp_path):
    sources = [tmp_path / folder / name for folder, name in (("a", "2_d.csv"), ("a", "d.csv"), ("b", "d.csv"))]
    some = list(rows())[:ROWS]
    for number, path in enumerate(sources):
        path.parent.mkdir(exist_ok=True)
        lines = [f"{row['message']}, {number};{row['topic']}" for row in some[number::3]]
        path.write_text("\n".join(["text;label", *lines]) + "\n")
    summary = audited(tmp_path / "out", Fix.drop, train=[str(path) for path in sources])
    assert [path.split("/")[-1] for path in summary["fixed"]] == ["2_d.csv", "d.csv", "3_d.csv"]
    for number, path in enumerate(summary["fixed"]):
        with open(path) as file:
            header, *lines = file.read().splitlines()
        assert header == "text;label" and len(lines) > 30
        assert all(line.split(";")[0].endswith(f", {number}") for line in lines)
    assert (tmp_path / "out" / "similar.csv").read_text().startswith("file,row,label,other_file,other_row,other_label,")


def test_a_text_that_stands_equally_often_with_two_labels_is_left_alone(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("text,label\n" + "the same words,x\n" * 20 + "the same words,y\n" * 20)
    summary = audited(tmp_path / "out", Fix.relabel, train=str(path))
    assert summary["issues"]["label"] == 0 and summary["issues"]["contradiction"] == 40
    assert (tmp_path / "out" / "fixed" / "t.csv").read_text() == path.read_text()


def test_what_cannot_be_written_again_is_refused_before_anything_is_searched(files, tmp_path):
    one_line = tmp_path / "one_line.json"
    one_line.write_text(json.dumps([{"text": row["message"], "label": row["topic"]} for row in rows()]))
    with pytest.raises(UserError, match="several rows in a line, which have the same number"):
        audited(tmp_path / "a", Fix.relabel, train=str(one_line))
    inner = tmp_path / "inner.jsonl"
    inner.write_text(
        "".join(json.dumps({"text": row["message"], "meta": {"l": row["topic"]}}) + "\n" for row in rows())
    )
    with pytest.raises(UserError, match=r"data\.label=meta\.l is inside one"):
        audited(tmp_path / "b", Fix.drop, train=str(inner), label="meta.l")
    (tmp_path / "c" / "fixed").mkdir(parents=True)
    settings = AuditSettings(DataSettings(name="mine", train=str(files[0])), AuditOptions(Fix.drop))
    with pytest.raises(UserError, match="fixed exists already"):
        audit(settings, tmp_path / "c")


def test_the_splits_of_a_file_count(tmp_path):
    path = tmp_path / "items.jsonl"
    items = [(row["message"], row["topic"], "training" if place % 2 else "test") for place, row in enumerate(rows())]
    items = [*items[:60], (items[0][0], items[0][1], "training")]
    lines = [
        {
            "textContent": text,
            "classificationAnnotation": {"displayName": label},
            "dataItemResourceLabels": {"aiplatform.googleapis.com/ml_use": use},
        }
        for text, label, use in items
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    audited(tmp_path / "out", train=str(path))
    assert [(int(one["row"])) for one in issues(tmp_path / "out") if one["issue"] == "leak"] == [61]


def test_all_copies_of_a_text_of_test_leak(tmp_path):
    texts = [f"{row['message']}" for row in rows()][:40]
    pool = Pool(
        Examples([*texts, "is it 1", "is it 2", "Is it 3", "IS it 4"], np.zeros(44, np.int32), ("a",), []),
        ["f"] * 44,
        list(range(44)),
        ["train"] * 42 + ["test", "train"],
        [],
        [],
    )
    assert dict(leaks(pool, near_duplicates(pool.examples.texts))) == {40: 1.0, 41: 1.0, 43: 1.0}


def test_what_cannot_be_audited_is_said(files, tmp_path):
    with pytest.raises(UserError, match=r"Name the files to audit: classifier audit messages\.csv"):
        audited(tmp_path / "a")
    several = tmp_path / "several.jsonl"
    several.write_text('{"text": "a b", "label": ["x", "y"]}\n{"text": "c d", "label": ["y"]}\n' * 20)
    with pytest.raises(UserError, match="with one label each"):
        audited(tmp_path / "b", train=str(several))
    text = tmp_path / "fast.txt"
    text.write_text("__label__a one two\n__label__b three four\n" * 9)
    with pytest.raises(
        UserError, match=r"audit\.fix=drop writes CSV, TSV, JSON Lines and Parquet, but not .*fast\.txt"
    ):
        audited(tmp_path / "c", Fix.drop, train=str(text))
