"""Every kind of bad input raises a UserError that names file, row and column, with a hint."""

import gzip

import pyarrow as pa
import pytest

from classifier.data import load_splits, read_examples
from classifier.errors import UserError

GOOD = "text,label\n" + "".join(f"text {i},{'pos' if i % 2 else 'neg'}\n" for i in range(20))
JSON = "".join(f'{{"text": "text {i}", "label": {i % 2}}}\n' for i in range(20))
COLUMNS = {"text": ["a", "b"], "label": ["x", "y"]}


def parquet(**columns):
    return {**COLUMNS, **columns}


# name, content, settings, what the message must say
BAD = [
    # The file as a whole.
    ("empty.csv", "", {}, ["empty (0 bytes)"]),
    ("empty.jsonl", "", {}, ["empty (0 bytes)"]),
    ("empty.parquet", b"", {}, ["empty (0 bytes)"]),
    ("empty.csv.gz", "", {}, ["is empty", "header"]),
    ("empty.jsonl.zst", "", {}, ["no rows", "train is empty"]),
    ("blank.csv", "\n \n\n", {}, ["is empty", "header"]),
    ("header_only.csv", "text,label\n", {}, ["there are no rows", "train is empty"]),
    ("no_rows.parquet", {"text": pa.array([], "string"), "label": pa.array([], "string")}, {}, ["no rows"]),
    (
        "unusable.csv",
        "text,label\n,a\n,b\n",
        {"max_bad_rows": 1},
        ["none of 2 rows can be used", "unusable.csv:2, text: the text is empty"],
    ),
    ("one_class.csv", "text,label\na,x\nb,x\n", {}, ["every label", "'x'", "two classes", "data.label="]),
    ("corrupt.parquet", b"PAR1 this is not Parquet at all", {}, ["damaged or cut short"]),
    ("corrupt.csv.gz", b"this is not compressed", {}, ["damaged or cut short", "Not a gzipped file"]),
    ("corrupt.csv.zst", b"this is not compressed", {}, ["damaged or cut short"]),
    ("cut.csv.gz", gzip.compress(GOOD.encode() * 50)[:-20], {}, ["damaged or cut short"]),
    ("cut.csv.zst", pa.Codec("zstd").compress(GOOD.encode() * 50, asbytes=True)[:-20], {}, ["damaged or cut short"]),
    ("packed.csv", gzip.compress(GOOD.encode()), {}, ["compressed with gzip", "add .gz"]),
    ("packed.jsonl", pa.Codec("zstd").compress(GOOD.encode(), asbytes=True), {"encoding": "cp1252"}, ["add .zst"]),
    ("packed.csv.gz", "PK\x03\x04 and more", {}, ["a ZIP archive", "unpack it"]),
    ("document.json", "[\n" + JSON, {}, ["damaged or cut short", "no closing bracket"]),
    (
        "document.json",
        "[\n" + JSON + '{"text": ]',
        {},
        ["document.json:22", "cannot be read from here", "one object per"],
    ),
    ("document.json", "[]\n[]", {}, ["document.json:1", "something follows after the end"]),
    ("table.xls", "PK", {}, ["'.xls' is not a format known here", ".csv .tsv", ".gz or .zst"]),
    ("table.xlsx", "PK", {}, ["damaged or cut short", "zip"]),
    ("plain.txt", "a text\n", {}, ["plain text has no labels"]),
    # Columns.
    (
        "column.csv",
        GOOD.replace("text,", "txt,"),
        {},
        ["no column 'text'", "Did you mean 'txt'?", "'label'", "data.text="],
    ),
    ("column.jsonl", JSON.replace("label", "lable"), {}, ["no column 'label'", "Did you mean 'lable'?", "data.label="]),
    ("column.parquet", parquet(), {"label": "class"}, ["no column 'class'", "'text', 'label'", "data.label="]),
    ("column.csv", GOOD, {"text": ["text", "title"]}, ["no column 'title'"]),
    ("twice.csv", "text,label, text\na,b,c\n", {}, [":1:", "column 'text' 2 times", "rename"]),
    ("type.parquet", parquet(text=[1, 2]), {}, ["column 'text' is of type int64, not text", "data.text="]),
    ("type.parquet", parquet(text=[["a"], ["b"]]), {}, ["column 'text' is of type list<", "not text"]),
    ("type.parquet", parquet(text=[b"a", b"b"]), {}, ["column 'text' is of type binary"]),
    ("type.parquet", parquet(label=[[b"a"], [b"b"]]), {}, ["column 'label' is of type list<", "data.label="]),
    ("same.csv", GOOD, {"text": "label"}, ["same.csv: data.text and data.label both name the column 'label'"]),
    (
        "unique.csv",
        "text,label\n" + "".join(f"text {i},{i}\n" for i in range(300)),
        {},
        ["300 labels, each of which occurs once", "data.label=label", "unique.csv"],
    ),
    # Delimiter and encoding.
    ("delimiter.csv", GOOD.replace(",", ";") + "one field\n", {}, [":1:", "'text;label'", "data.delimiter=semicolon"]),
    ("delimiter.csv", GOOD.replace(",", "|"), {}, ["data.delimiter=pipe"]),
    ("delimiter.csv", GOOD.replace(",", "\t"), {}, ["data.delimiter=tab"]),
    ("delimiter.tsv", GOOD, {}, ["data.delimiter=comma"]),
    ("delimiter.csv", GOOD, {"delimiter": "semicolon"}, ["data.delimiter=comma"]),
    ("encoding.csv", GOOD, {"encoding": "utf8x"}, ["data.encoding=utf8x", "latin-1"]),
    ("encoding.csv", GOOD, {"encoding": "hex"}, ["data.encoding=hex"]),
    ("encoding.csv", GOOD, {"encoding": "utf-16"}, ["data.encoding", "BOM"]),
    ("utf16.csv", GOOD.encode("utf-16"), {}, ["utf16.csv:1", "looks like UTF-16", "data.encoding=utf-16"]),
    ("utf16.jsonl", JSON.encode("utf-16-le"), {}, ["NUL byte", "looks like UTF-16", "data.encoding=utf-16"]),
    ("header.csv", "größe,label\n".encode("latin-1"), {}, ["header.csv:1", "byte 0xF6", "data.encoding"]),
    ("header.csv", '"text,label\na,b\n', {}, ["header.csv:1", "a quote opens"]),
    # Rows: a single bad row, if none is allowed.
    (
        "bytes.csv",
        GOOD.encode() + b"caf\xe9,pos\n",
        {},
        ["1 of 21 rows (4.8%)", "bytes.csv:22", "0xE9", "data.encoding"],
    ),
    ("nul.csv", GOOD + "a\0b,pos\n", {}, ["nul.csv:22", "NUL byte", "data.max_bad_rows=0.05"]),
    ("many.csv", GOOD + "a,b,c\n", {}, ["many.csv:22", "3 fields where the header has 2", "needs quotes"]),
    ("few.csv", GOOD + "a\n", {}, ["few.csv:22", "1 field where the header has 2"]),
    ("quote.csv", GOOD + '"open,pos\n' + GOOD, {}, ["quote.csv:22", "a quote opens in line"]),
    ("text.csv", GOOD + " ,pos\n", {}, ["text.csv:22, text: the text is empty", "Fix these rows"]),
    ("label.csv", GOOD + "good,\n", {}, ["label.csv:22, label: the label is empty"]),
    ("text.jsonl", JSON + '{"label": 1}', {}, ["text.jsonl:21, text: the text is missing"]),
    ("label.jsonl", JSON + '{"text": "a", "label": null}', {}, ["label.jsonl:21, label: the label is missing"]),
    ("list.jsonl", JSON + '{"text": ["a"], "label": 1}', {}, ["list.jsonl:21, text: the text is a list, not a string"]),
    ("labels.jsonl", JSON + '{"text": "a", "label": ["x", "y"]}', {}, ["labels.jsonl:21, label: the row has 2 labels"]),
    ("nested.jsonl", JSON + '{"text": "a", "label": [["x"]]}', {}, ["nested.jsonl:21, label: the label is a list"]),
    ("choices.csv", GOOD + 'a,"{""choices"": [""x"", ""y""]}"\n', {}, ["choices.csv:22, label: the row has 2 labels"]),
    ("half.jsonl", JSON + '{"text": "\\ud83d", "label": 1}', {}, ["half.jsonl:21, text", "half a character"]),
    ("broken.jsonl", JSON + '{"text": "a"', {}, ["broken.jsonl:21", "not valid JSON"]),
    ("array.jsonl", JSON + "[1]", {}, ["array.jsonl:21", "a JSON array, not an object"]),
    ("null.parquet", parquet(text=["a", None]), {}, ["null.parquet:2, text: the text is missing"]),
    ("lists.parquet", parquet(label=[["x"], ["y", "z"]]), {}, ["lists.parquet:2, label: the row has 2 labels"]),
]


@pytest.mark.parametrize(
    ("name", "content", "others", "fragments"), BAD, ids=[f"{i}-{row[0]}" for i, row in enumerate(BAD)]
)
def test_bad_input(write, settings, name, content, others, fragments):
    path = write(name, content)
    with pytest.raises(UserError) as error:
        load_splits(settings(str(path), **{"max_bad_rows": 0, **others}), seed=1)
    message = str(error.value)
    assert str(path) in message
    assert [fragment for fragment in fragments if fragment not in message] == [], message


def test_the_first_three_of_many_rejects_are_shown(write, settings):
    path = write("train.csv", GOOD + ",a\n" * 5)
    with pytest.raises(UserError) as error:
        read_examples(path, settings(max_bad_rows=0.1), split="train")
    assert str(error.value) == (
        f"{path}: 5 of 25 rows (20.0%) cannot be used, which is more than the 10.0% of data.max_bad_rows=0.1. "
        "The first of them:\n"
        "  train.csv:22, text: the text is empty\n"
        "  train.csv:23, text: the text is empty\n"
        "  train.csv:24, text: the text is empty\n"
        "Fix these rows, or allow them with data.max_bad_rows=0.21."
    )


def test_where_most_rows_are_bad_the_settings_are_doubted(write, settings):
    path = write("train.jsonl", JSON.replace(": 1", ": []").replace(": 0", ": []"))
    with pytest.raises(UserError, match=r"Are data\.text, data\.label, .* right for this file\?"):
        read_examples(path, settings(), split="train")


def test_a_share_of_bad_rows_that_is_allowed(write, settings):
    loaded = read_examples(write("train.csv", GOOD + ",a\n" * 5), settings(max_bad_rows=0.2), split="train")
    assert (len(loaded.examples), len(loaded.rejects)) == (20, 5)


def test_a_label_that_train_does_not_have(write, settings):
    test = write("test.csv", GOOD + "good,positive\n")
    with pytest.raises(UserError, match=r"test\.csv:22, label: label 'positive' does not occur in train"):
        load_splits(settings(str(write("train.csv", GOOD)), test=str(test), max_bad_rows=0), seed=1)


def test_a_missing_file(write, settings):
    path = write("train.csv", GOOD)
    with pytest.raises(UserError, match=r"Did you mean .*train\.csv\?"):
        load_splits(settings(str(path).replace("train", "trian")), seed=1)


def test_a_column_named_twice(write, settings):
    path = write("train.csv", "text,label\na,b\n")
    with pytest.raises(UserError, match=r"data\.text names 'text' twice"):
        load_splits(settings(path, text=["text", "text"]), seed=0)


def test_a_link_to_nowhere(settings, tmp_path):
    (tmp_path / "link.csv").symlink_to("gone.csv")
    with pytest.raises(UserError, match=r"link\.csv is a link to gone\.csv, which does not exist"):
        load_splits(settings(str(tmp_path / "link.csv")), 0)


def test_a_folder_of_no_files(settings, tmp_path):
    with pytest.raises(UserError, match="holds no file"):
        load_splits(settings(str(tmp_path)), seed=1)


@pytest.mark.parametrize("delimiter", ["", "::", '"', "\n", "colon"])
def test_a_delimiter_that_cannot_be(write, settings, delimiter):
    with pytest.raises(UserError, match=r"data\.delimiter=.* one character; give one, or comma, semicolon, tab, pipe"):
        load_splits(settings(str(write("train.csv", GOOD)), delimiter=delimiter), seed=1)
