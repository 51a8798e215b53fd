"""The first sheet of a workbook, read as if it had been saved as CSV."""

import datetime
import sys

import openpyxl
import pytest

from classifier.data import check_columns, load_splits, read_rows
from classifier.errors import UserError
from classifier.settings import Reading


@pytest.fixture
def workbook(tmp_path):
    def workbook(*rows, sheets=("first",)):
        book = openpyxl.Workbook()
        book.active.title = sheets[0]
        for name in sheets[1:]:
            book.create_sheet(name).append(["not", "read"])
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                book.active.cell(number, column, value)
        path = tmp_path / "in.xlsx"
        book.save(path)
        return path

    return workbook


def test_cells_are_text_and_empty_rows_are_passed_over(workbook):
    day = datetime.datetime(2024, 2, 29)
    path = workbook(
        [" text ", "label", None, "when"], ["a\nb", 1, "c", day], [], [1.0, True, None, None], ["d", 0.5, None, "=1+1"]
    )
    rows = list(read_rows(path, Reading()))
    assert [row.number for row in rows] == [2, 4, 5]
    assert rows[0].values == {"text": "a\nb", "label": "1", "column 3": "c", "when": "2024-02-29"}
    assert rows[1].values == {"text": "1", "label": "true", "column 3": "", "when": ""}
    assert rows[2].values["label"] == "0.5"
    assert rows[2].values["when"] == ""  # the formula has not been computed yet


def test_rows_that_are_too_wide_and_other_sheets(workbook):
    notices = []
    path = workbook(["text", "label"], ["a", "b", "c"], sheets=("mails", "other"))
    (row,) = read_rows(path, Reading(), notices=notices)
    assert "3 cells where the header has 2" in row.problem
    assert notices == [f"{path}: only the first of its 2 sheets is read, 'mails'."]


def test_without_a_header(workbook):
    path = workbook(["a", "x"], ["b", "y"])
    assert [row.values for row in read_rows(path, Reading(header=False))] == [
        {"0": "a", "1": "x"},
        {"0": "b", "1": "y"},
    ]


def test_training_reads_it(workbook, settings):
    path = workbook(["text", "label"], *([f"text {i}", i % 2] for i in range(30)))
    assert load_splits(settings(str(path)), seed=1).train.label_names == ("0", "1")


@pytest.mark.parametrize(
    ("rows", "text", "message"),
    [
        ([], "text", "is empty: its first sheet has no rows"),
        ([["a", "a"]], "a", "names the column 'a' 2 times"),
        ([["a", "b"]], "text", "has no column 'text'. Its columns are 'a', 'b'"),
    ],
)
def test_refused(workbook, rows, text, message):
    with pytest.raises(UserError, match=message):
        check_columns(workbook(*rows), Reading(text=text))


@pytest.mark.parametrize("keep", [10, -100])
def test_a_damaged_workbook(workbook, keep):
    path = workbook(["text"], ["a"])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match="damaged or cut short"):
        list(read_rows(path, Reading()))


def test_without_openpyxl(workbook, monkeypatch):
    path = workbook(["text"])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UserError, match=r"Save the sheet as CSV, or install it:\n  pip install -e '\.\[xlsx\]'"):
        check_columns(path, Reading())
