"""Files are written atomically, and no cell of a table is a formula for spreadsheets."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

import classifier
from classifier.files import as_cell, locked, remove_if_empty, write_records, write_table

PACKAGE = Path(classifier.__file__).parent


@dataclass
class Found:
    text: str
    score: float


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])
def test_a_text_that_begins_as_a_formula_gets_an_apostrophe(tmp_path, start):
    text = f"{start}cmd|' /C calc'!A0"
    write_records(tmp_path / "found.csv", Found, [Found(text, -0.5)])
    assert read(tmp_path / "found.csv") == [["text", "score"], [f"'{text}", "-0.5"]]


@pytest.mark.parametrize("value", ["", "plain", "a=1", "'=1", "-0.5", "+3", "-1e-05", -0.5, -3, None, True])
def test_other_values_stay(value):
    assert as_cell(value) is value


def test_column_names_are_cells_as_well(tmp_path):
    write_table(tmp_path / "a.csv", ["text", "=sum"], [("a", "b")])
    assert read(tmp_path / "a.csv") == [["text", "'=sum"], ["a", "b"]]


def test_a_table_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("old")
    monkeypatch.setattr("os.fsync", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_table(path, ["text"], [])
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.csv"]


def test_every_csv_of_a_report_is_written_here():
    """The only other writer of CSV is that of scored files, in which texts are unchanged."""
    sources = {path.relative_to(PACKAGE).as_posix(): path.read_text() for path in PACKAGE.rglob("*.py")}
    writers = {name for name, source in sources.items() if "csv.writer" in source or "DictWriter" in source}
    assert writers == {"files.py", "scoring/tables.py"}


def test_a_folder_without_results_is_removed(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    (folder / "checkpoint").mkdir(parents=True)
    (folder / "checkpoint" / "lock").touch()
    with locked(folder / "checkpoint", "training"):
        remove_if_empty(folder)
        assert folder.exists()
    (folder / "rejects.csv").touch()
    remove_if_empty(folder)
    assert folder.exists()
    (folder / "rejects.csv").unlink()
    with monkeypatch.context() as inside:
        inside.chdir(folder)
        remove_if_empty(folder)
        assert folder.exists()
    (folder / ".hydra").mkdir()
    (folder / ".hydra" / "config.yaml").touch()
    remove_if_empty(folder)
    assert folder.exists()
    remove_if_empty(folder, ".hydra")
    assert not folder.exists()
