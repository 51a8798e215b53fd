"""A pattern finds its files in a fixed order, or raises a helpful error."""

import hashlib
import os

import pytest

from classifier.data import file_sha256, find_files
from classifier.data.files import format_of
from classifier.errors import UserError


def test_a_path_a_glob_and_a_list(write, tmp_path):
    b, a, c = write("b.csv", "x"), write("a.csv", "x"), write("deep/c.csv", "x")
    assert find_files(a) == find_files(str(a)) == [a]
    assert find_files(f"{tmp_path}/*.csv") == [a, b]
    assert find_files(f"{tmp_path}/**/*.csv") == [a, b, c]
    assert find_files((str(c), f"{tmp_path}/*.csv", str(a))) == [c, a, b]


def test_a_folder_is_its_own_files(write, tmp_path):
    b, a = write("in/b.jsonl", "x"), write("in/a.csv.gz", "x")
    write("in/_SUCCESS", ""), write("in/.a.csv.crc", ""), write("in/deep/c.csv", "x")
    assert find_files(tmp_path / "in") == [a, b]


def test_a_list_of_omegaconf(write):
    path = write("a.csv", "x")
    assert find_files(pytest.importorskip("omegaconf").OmegaConf.create([str(path)])) == [path]


def test_a_name_with_brackets_is_itself(write):
    assert find_files(path := write("train[1].csv", "x")) == [path]


@pytest.mark.parametrize(
    ("pattern", "fragments"),
    [
        ("trian.csv", ["There is no file", "trian.csv", "Did you mean", "train.csv?"]),
        ("dat/train.csv", ["There is no folder", "Did you mean", "data?"]),
        ("nothing_like_it.xyz", ["There is no file"]),
        ("*.parquet", ["No file matches", "*.parquet"]),
        ("deep", ["The folder", "holds no file", "/**/*.csv"]),
        ("mixed", ["notes.txt", ".txt", "/*.csv"]),
    ],
)
def test_a_pattern_that_means_no_file(write, tmp_path, pattern, fragments):
    write("train.csv", "x"), write("data/train.csv", "x"), write("deep/er/train.csv", "x")
    write("mixed/train.csv", "x"), write("mixed/notes.txt", "x")
    with pytest.raises(UserError) as error:
        find_files(tmp_path / pattern)
    assert all(fragment in str(error.value) for fragment in fragments)


@pytest.mark.parametrize("pattern", ["", [], None, 5, ["a", 5], [""], {"a": 1}])
def test_what_is_no_pattern(pattern):
    with pytest.raises(UserError, match="names no file"):
        find_files(pattern)


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.csv", "csv"), ("a.b.TSV.GZ", "tsv"), ("a.json.zst", "json"), ("a.ndjson", "json"), ("a.parquet", "parquet")],
)
def test_format_of(name, format):
    assert format_of(name) == format


@pytest.mark.parametrize("name", ["a.xls", "a", "a.gz", "a.csv.bz2", ".csv"])
def test_an_unknown_suffix_names_the_known(name):
    with pytest.raises(UserError, match=r"\.csv \.tsv \.jsonl \.ndjson \.json \.parquet"):
        format_of(name)


def test_xlsx_is_not_compressed_outside():
    with pytest.raises(UserError, match="XLSX is compressed inside"):
        format_of("a.xlsx.gz")


def test_the_folders_of_partitions_belong_to_a_folder(write, tmp_path):
    b, a = write("lake/year=2025/b.parquet", "x"), write("lake/year=2024/month=01/a.parquet", "x")
    write("lake/year=2024/_SUCCESS", ""), write("lake/other/c.parquet", "x")
    assert find_files(tmp_path / "lake") == [a, b]


def test_a_folder_without_files_names_those_below_it(write, tmp_path):
    write("lake/a/part.parquet", "x")
    with pytest.raises(UserError, match=r"holds no file; those of its folders would be .*lake/\*\*/\*\.parquet\."):
        find_files(tmp_path / "lake")


def test_parquet_is_not_compressed_outside():
    with pytest.raises(UserError, match="Parquet is compressed inside"):
        format_of("a.parquet.gz")


def test_file_sha256(write):
    assert file_sha256(write("a.csv", b"text\n")) == hashlib.sha256(b"text\n").hexdigest()


def test_a_file_without_permission(write, monkeypatch):
    path = write("a.csv", "x")
    path.chmod(0)
    if os.access(path, os.R_OK):  # root may read everything

        def refuse(*_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("classifier.data.files.open", refuse, raising=False)
    with pytest.raises(UserError, match="permissions forbid it"):
        file_sha256(path)


@pytest.mark.parametrize("address", ["https://host/a.csv", "s3://bucket/a.parquet", "HTTP://host/*.csv"])
def test_an_address_is_no_file(address):
    with pytest.raises(UserError, match="only files on this machine are read"):
        find_files(address)


def test_a_file_of_an_installed_package():
    (found,) = find_files("package:classifier/data/embedded/train.csv")
    assert found.read_text(encoding="utf-8").startswith("text,label")


@pytest.mark.parametrize("path", ["package:no_such_package/a.csv", "package:", "package:json.tool/a.csv"])
def test_a_package_that_is_not_installed_is_named(path):
    with pytest.raises(UserError, match="there is no installed Python package"):
        find_files(path)
