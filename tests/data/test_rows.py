"""Every format, compression and encoding gives the same rows, with the numbers of their first lines."""

import csv
import io
import json
import secrets
import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings, strategies

from classifier.data import Row, check_columns, read_rows, text_of
from classifier.errors import UserError
from classifier.settings import Reading

CSV = "text,label\ngood film,pos\n\nbad film,neg\n"
JSON = '{"text": "good film", "label": "pos"}\n\n{"text": "bad film", "label": "neg"}\n'
VALUES = [{"text": "good film", "label": "pos"}, {"text": "bad film", "label": "neg"}]

# The characters of text files: no surrogates, and no NUL, which is a separate problem.
TEXTS = strategies.text(strategies.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def read(path, columns=None, **reading):
    return read_rows(path, Reading(**reading), columns)


@pytest.mark.parametrize("compression", ["", ".gz", ".zst"])
@pytest.mark.parametrize(
    ("suffix", "content", "numbers"),
    [
        (".csv", CSV, [2, 4]),
        (".CSV", CSV, [2, 4]),
        (".tsv", CSV.replace(",", "\t"), [2, 4]),
        (".jsonl", JSON, [1, 3]),
        (".ndjson", JSON, [1, 3]),
        (".json", JSON, [1, 3]),
    ],
)
def test_text_formats(write, suffix, content, numbers, compression):
    rows = list(read(write(f"train{suffix}{compression}", content)))
    assert [row.values for row in rows] == VALUES
    assert [row.number for row in rows] == numbers
    assert not any(row.problem for row in rows)


def test_parquet_over_several_batches(write):
    count = 10_007
    path = write("train.parquet", {"text": [f"text {i}" for i in range(count)], "label": list(range(count))})
    rows = list(read(path))
    assert rows[-1] == Row(count, {"text": f"text {count - 1}", "label": count - 1})
    assert next(read(path, columns=["label"])).values == {"label": 0}


def test_of_parquet_only_a_row_group_is_in_memory(tmp_path):
    path = tmp_path / "large.parquet"
    table = pa.table({"text": [secrets.token_hex(100) for _ in range(10_000)]})
    with pq.ParquetWriter(path, table.schema, compression="none", use_dictionary=False) as writer:
        for _ in range(20):
            writer.write_table(table)
    tracemalloc.start()  # Arrow reads from a Python stream, so that its buffers are Python objects
    try:
        held = max(tracemalloc.get_traced_memory()[0] for row in read(path) if row.number % 1000 == 0)
    finally:
        tracemalloc.stop()
    assert held < 0.25 * path.stat().st_size


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_parquet_string_types(write, kind):
    path = write("train.parquet", pa.table({"text": pa.array(["a", None]).cast(kind)}))
    check_columns(path, Reading())
    assert [row.values["text"] for row in read(path)] == ["a", None]


def test_parquet_with_invalid_utf8_loses_that_row_only(write):
    texts = pa.StringArray.from_buffers(2, *pa.array([b"caf\xe9", b"tea"]).buffers()[1:])
    first, second = read(write("train.parquet", pa.table({"text": texts})))
    assert first == Row(1, {"text": "caf\N{REPLACEMENT CHARACTER}"}, "byte 0xE9 is not valid utf-8", "text")
    assert second == Row(2, {"text": "tea"})


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_number_is_the_line_where_the_row_begins(write, line_end):
    lines = ["text,label", '"two', 'lines",pos', "", "   ", '"three, ""quoted""', "", 'lines",neg', "last,pos"]
    rows = list(read(write("train.csv", line_end.join(lines))))
    assert [row.number for row in rows] == [2, 6, 9]
    assert rows[1].values["text"] == f'three, "quoted"{line_end}{line_end}lines'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["train.csv", "train.jsonl"])
def test_encodings(write, name, encoding):
    content = "text,label\ncafé,ü\n" if name == "train.csv" else '{"text": "café", "label": "ü"}\n'
    (row,) = read(write(name, content.encode(encoding)), encoding=encoding)
    assert row.values == {"text": "café", "label": "ü"}


@pytest.mark.parametrize(
    ("encoding", "hint"),
    [("utf-8", "such as cp1252"), ("UTF8", "such as cp1252"), ("windows-1252", "latin-1"), ("ascii", "such as utf-8")],
)
def test_an_impossible_encoding_is_not_recommended(write, encoding, hint):
    (row,) = read(write("train.csv", b"text,label\nsmile \x9d,a\n"), encoding=encoding)
    assert f"byte 0x9D is not valid {encoding};" in row.problem and hint in row.problem
    assert f"such as {encoding}" not in row.problem


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-16-le"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(write, encoding):
    (row,) = read(write("train.csv", '\ufeff"text"\ngood\n'.encode(encoding)), encoding=encoding)
    assert row.values == {"text": "good"}


@pytest.mark.parametrize("delimiter", [";", "semicolon"])
def test_a_delimiter_by_character_or_name(write, delimiter):
    (row,) = read(write("train.csv", "text;label\na, b;pos\n"), delimiter=delimiter)
    assert row.values == {"text": "a, b", "label": "pos"}


@pytest.mark.parametrize("delimiter", ["\t", "\\t", "tab", None])
def test_a_tab_however_it_is_written(write, delimiter):
    (row,) = read(write("train.tsv", "text\tlabel\na, b\tpos\n"), delimiter=delimiter)
    assert row.values == {"text": "a, b", "label": "pos"}


def test_header_cells_are_stripped_and_the_nameless_are_counted(write):
    (row,) = read(write("train.csv", ", text ,label\n0, good,pos\n"))
    assert row.values == {"column 1": "0", "text": " good", "label": "pos"}


def test_an_empty_text_in_quotes_is_a_row(write):
    assert [row.values["text"] for row in read(write("score.csv", 'text\n""\n \n\nb\n'))] == ["", "b"]


@pytest.mark.parametrize(
    ("line", "problem", "values"),
    [
        (b"a,b,c", "3 fields where the header has 2", {"text": "a", "label": "b"}),
        (b"a", "1 field where the header has 2", {"text": "a"}),
        (b"caf\xe9,b", "byte 0xE9 is not valid utf-8", {"text": "caf\N{REPLACEMENT CHARACTER}", "label": "b"}),
        (b"a\0,b", "NUL byte", {"text": "a\0", "label": "b"}),
        (b'"a"a,b', "a quoted field continues after its closing quote", {"text": "aa", "label": "b"}),
        (b'"a,b', "a quote opens in line", {"text": "a,b\n"}),
    ],
)
@pytest.mark.parametrize("after", [b"", b"fine,pos\n", b'fine,pos\n"also ""fine""",pos\n'])
def test_a_bad_row_keeps_its_values_and_spoils_no_other(write, line, problem, values, after):
    rows = list(read(write("train.csv", b"text,label\nfirst,pos\n" + line + b"\n" + after)))
    assert rows[1].number == 3
    assert problem in rows[1].problem
    assert rows[1].values == values
    others = [row for row in rows if row.number != 3]
    assert [row.number for row in others] == [2, *range(4, 4 + after.count(b"\n"))]
    assert not any(row.problem for row in others)


def test_many_open_quotes_are_read_in_linear_time(write):
    rows = list(read(write("train.csv", "text,label\n" + '"open,pos\n' * 20_001)))
    assert len(rows) == 20_001
    assert all("never closed" in row.problem for row in rows)


def test_an_open_quote_does_not_gather_the_rest_of_a_large_file(write, monkeypatch):
    monkeypatch.setattr("classifier.data.records.MOST_CHARACTERS", 1000)
    rows = list(read(write("train.csv", 'text,label\n"open,pos\n' + "fine,pos\n" * 1000)))
    assert "opens in line 2 and is not closed within 10,000 lines or 1,000 characters" in rows[0].problem
    assert len(rows) == 1001
    assert not any(row.problem for row in rows[1:])


def test_a_record_of_several_lines_and_the_wrong_width_says_where_it_ends(write):
    bad, good = read(write("train.csv", 'text,label\n"a\nb",c,d\nfine,pos\n'))
    assert (
        "3 fields where the header has 2; a text that holds the delimiter needs quotes; it runs from line 2 to 3"
        in bad.problem
    )
    assert (good.number, good.problem) == (4, "")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"text": ', "not valid JSON: Expecting value at character"),
        (b"[1, 2]", "a JSON array, not an object"),
        (b"null", "a JSON null, not an object"),
        (b"3", "a JSON number, not an object"),
        (b'{"text": "caf\xe9"}', "byte 0xE9 is not valid utf-8"),
        (b'{"text": "a\0"}', "NUL byte"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 5_000, "a number too long"),
    ],
)
def test_a_bad_json_row_spoils_no_other(write, line, problem):
    first, bad, last = read(write("train.jsonl", b'{"text": "a"}\n' + line + b'\n{"text": "b"}\n'))
    assert problem in bad.problem
    assert (bad.number, first.problem, last.problem) == (2, "", "")


@example(rows=[("\t\r", "x")], delimiter="\t")
@given(rows=strategies.lists(strategies.tuples(TEXTS, TEXTS)), delimiter=strategies.sampled_from(",;\t|"))
@settings(deadline=None, max_examples=60)
def test_csv_round_trip(rows, delimiter):
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("text", "label"), *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "train.csv")
        path.write_bytes(buffer.getvalue().encode())
        found = list(read(path, delimiter=delimiter))
    assert [(row.values["text"], row.values["label"]) for row in found] == rows
    assert not any(row.problem for row in found)


@given(rows=strategies.lists(strategies.dictionaries(TEXTS, TEXTS)), ascii_only=strategies.booleans())
@settings(deadline=None, max_examples=60)
def test_json_round_trip(rows, ascii_only):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "train.jsonl")
        path.write_bytes(b" \n" + "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows).encode())
        found = list(read(path))
    assert [row.values for row in found] == rows
    assert not any(row.problem for row in found)


@given(
    content=strategies.binary(max_size=60),
    name=strategies.sampled_from(["a.csv", "a.tsv", "a.jsonl", "a.csv.gz", "a.parquet", "a.xlsx", "a.txt"]),
)
@settings(deadline=None, max_examples=100)
def test_whatever_the_bytes_only_a_user_error_is_raised(content, name):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        refusal = None
        try:
            for row in read(path):
                repr(row).encode()
        except UserError as error:
            refusal = str(error)
        assert refusal is None or str(path) in refusal


DOCUMENTS = {
    "compact": json.dumps(VALUES),
    "pretty": json.dumps(VALUES, indent=2),
    "an object a line": "[\n" + ",\n".join(map(json.dumps, VALUES)) + "\n]\n",
    "pretty without brackets": "\n".join(json.dumps(value, indent=2) for value in VALUES),
    "blanks": " \n [ {" + json.dumps(VALUES)[2:-1] + " \n ] \n",
}


@pytest.mark.parametrize("content", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_json_document(write, content):
    rows = list(read(write("train.json", content)))
    assert [row.values for row in rows] == VALUES
    lines = content.split("\n")
    assert all("{" in lines[row.number - 1] for row in rows)


@pytest.mark.parametrize("chunk", [1, 10, 2**16])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_json_document_is_read_a_chunk_at_a_time(write, monkeypatch, chunk, indent):
    monkeypatch.setattr("classifier.data.json_lines.CHUNK", chunk)
    values = [{"text": "a" * (i % 50) + "]}, {", "label": str(i), "more": {"i": [i]}} for i in range(200)]
    rows = list(read(write("train.json", json.dumps(values, indent=indent))))
    assert [row.values for row in rows] == values


def test_a_bad_element_of_a_json_document_spoils_no_other(write):
    first, bad, last = read(write("train.json", b'[\n{"text": "a"},\n3,\n{"text": "b\xff"}\n]'))
    assert (first.problem, bad.number, bad.problem) == ("", 3, "the row is a JSON number, not an object")
    assert "byte 0xFF" in last.problem


def test_dots_lead_into_json_objects_unless_a_key_has_them(write):
    lines = '{"review": {"body": "a"}}\n{"review.body": "b", "review": {"body": "c"}}\n{"review": 3}\n'
    path = write("train.jsonl", lines)
    check_columns(path, Reading(text="review.body"))
    assert [text_of(row, ["review.body"])[0] for row in read(path)] == ["a", "b", ""]
    with pytest.raises(UserError, match=r"no column 'review.bodi'.* Did you mean 'review.body'"):
        check_columns(path, Reading(text="review.bodi"))


def test_plain_text_is_a_text_a_line_blank_or_not(write):
    rows = list(read(write("in.txt", b'a, b\n\n"c\r\nd\xff')))
    assert [(row.number, row.values["text"]) for row in rows] == [(1, "a, b"), (2, ""), (3, '"c'), (4, "d\ufffd")]
    assert [bool(row.problem) for row in rows] == [False, False, False, True]


def test_folders_of_parquet_are_columns(write):
    path = write("lake/year=2024/topic=a%20b/no=__HIVE_DEFAULT_PARTITION__/01=01/part.parquet", {"text": ["x", "y"]})
    expected = {"text": "x", "year": "2024", "topic": "a b", "no": None, "01": "01"}
    check_columns(path, Reading(), ["topic"])
    assert [row.values for row in read(path)] == [expected, {**expected, "text": "y"}]
    assert next(read(path, columns=["topic", "text"])).values == {"topic": "a b", "text": "x"}
    assert next(read(path, columns=["year"])).values == {"year": "2024"}


def test_a_column_of_the_file_comes_before_one_of_its_folder(write):
    path = write("year=2024/part.parquet", {"text": ["x"], "year": [1]})
    assert next(read(path)).values == {"text": "x", "year": 1}


def test_import_is_light():
    heavy = "{'pyarrow', 'sklearn', 'pandas', 'tensorflow'}"
    code = f"import classifier.data, sys; found = {heavy} & set(sys.modules); assert not found, found"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
