"""The first lines of CSV and TSV: a declared separator, a header, or no header."""

import pytest

from classifier.data import load_splits, read_rows
from classifier.errors import UserError
from classifier.settings import Reading

ROWS = "".join(f"{'spam' if i % 2 else 'ham'}\tslow bad order broken {i}\n" for i in range(20))


@pytest.mark.parametrize("line", ["sep=;\r\n", "SEP=;\n", '"sep=;"\n', "\ufeffsep=;\r\n"])
@pytest.mark.parametrize("delimiter", [None, "semicolon"])
def test_a_separator_line_is_honoured(write, line, delimiter):
    (row,) = read_rows(write("a.csv", f"{line}text;label\na,b;c\n"), Reading(delimiter=delimiter))
    assert (row.number, row.values) == (3, {"text": "a,b", "label": "c"})


def test_a_separator_line_with_nothing_after_it(write):
    with pytest.raises(UserError, match=r"is empty: it has no header"):
        list(read_rows(write("a.csv", "sep=;\n"), Reading()))


def test_without_a_header_columns_are_numbered_from_0(write, settings):
    path = write("a.tsv", ROWS)
    first, *_ = rows = list(read_rows(path, Reading(header=False)))
    assert (first.number, first.values) == (1, {"0": "ham", "1": "slow bad order broken 0"})
    splits = load_splits(settings(str(path), header=False, text=1, label="0"), seed=1)
    assert sum(map(len, (splits.train, splits.valid, splits.test))) == len(rows) == 20


def test_a_first_row_that_cannot_be_read_is_a_row_with_a_problem(write):
    first, second = read_rows(write("a.csv", b"caf\xe9,pos\nfine,neg\n"), Reading(header=False))
    assert "0xE9" in first.problem and second.problem == ""
    first, second, third = read_rows(write("a.csv", '"open,pos\nfine,neg\na,b,c\n'), Reading(header=False))
    assert "a quote opens in line 1" in first.problem and second.values == {"0": "fine", "1": "neg"}
    assert "3 fields where the first row has 2" in third.problem


@pytest.mark.parametrize("rows", [ROWS, "ham\tok\nspam\tno\nham\twell\n", "12.5\tspam\n1\tham\n", "ham\tham\n"])
def test_a_missing_header_is_named(write, settings, rows):
    with pytest.raises(UserError, match=r"set data\.header=false and name its columns by number"):
        load_splits(settings(str(write("a.tsv", rows))), seed=1)


@pytest.mark.parametrize("header", ["mail\ttopic", "0\t1", "a mail\tits topic"])
def test_a_header_with_other_names_is_not_taken_for_a_row(write, settings, header):
    with pytest.raises(UserError, match="has no column 'text'"):
        load_splits(settings(str(write("a.tsv", f"{header}\n{ROWS}"))), seed=1)
