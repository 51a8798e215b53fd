"""Quotation marks: every line belongs to a row, possibly with a problem, and is read at most twice."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies

from classifier.data import read_rows
from classifier.data import records as module
from classifier.data.quotes import SAMPLE
from classifier.settings import Quotes, Reading

PLAIN = [("pos" if i % 2 else "neg", f"plain line {i}") for i in range(40)]


def tsv(*lines: str) -> str:
    return "\n".join(["label\ttext", *lines, *map("\t".join, PLAIN)]) + "\n"


def read(path, **reading):
    notices: list[str] = []
    return list(read_rows(path, Reading(**reading), notices=notices)), notices


def test_marks_of_text_without_quoting_swallow_no_row(write):
    lines = ["neg\tslow", 'pos\t"We liked it.', "neg\tnever came", "neg\tno answer", 'pos\tA fine evening."']
    rows, (notice,) = read(write("a.tsv", tsv(*lines)))
    assert [row.values["text"] for row in rows[:5]] == [line.split("\t")[1] for line in lines]
    assert len(rows) == 45 and not any(row.problem for row in rows)
    assert "a.tsv: quotation marks are read as part of the texts" in notice and "data.quotes=double" in notice


def test_the_same_marks_as_quotes_are_a_notice(write):
    content = tsv('pos\t"We liked it.', "neg\tnever came", 'pos\tA fine evening."')
    rows, (notice,) = read(write("a.tsv", content), quotes=Quotes.double)
    assert rows[0].values["text"] == "We liked it.\nneg\tnever came\npos\tA fine evening."
    assert "(lines 2 to 4)" in notice and "set data.quotes=none" in notice


@pytest.mark.parametrize(
    "line",
    ['pos\t"Fine" he said', 'pos\tsay "hi" to', 'pos\t"Wow."', 'pos\t"She said "no"."', 'pos\t5" pipe', 'pos\t"open'],
)
def test_marks_inside_a_text_stay(write, line):
    rows, _ = read(write("a.tsv", tsv(line)))
    assert rows[0].values == {"label": "pos", "text": line[4:]}
    assert not any(row.problem for row in rows)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('pos\t"a\ttab"', "a\ttab"),
        ('pos\t"two\nlines"', "two\nlines"),
        ('pos\t"say ""hi"""', 'say "hi"'),
        ('pos\t"one, two"', "one, two"),
    ],
)
def test_quotes_that_a_spreadsheet_wrote_into_tsv(write, line, text):
    rows, notices = read(write("a.tsv", tsv(line)))
    assert rows[0].values == {"label": "pos", "text": text} and notices == []


def test_a_column_that_is_quoted_throughout(write):
    rows, notices = read(write("a.tsv", "label\ttext\n" + "".join(f'pos\t"text {i}"\n' for i in range(5))))
    assert [row.values["text"] for row in rows] == [f"text {i}" for i in range(5)] and notices == []


@pytest.mark.parametrize("lines", ['"Dear all,\nbye",pos', '"a, b\n\nc","pos"', '"say ""hi"", and\nbye",neg'])
def test_quoted_line_breaks_of_csv_are_kept(write, lines):
    rows, _ = read(write("a.csv", f"text,label\n{lines}\nfine,pos\n"))
    assert [row.problem for row in rows] == ["", ""]
    assert rows[0].values["text"] == next(csv.reader(io.StringIO(lines)))[0]


def test_quotes_behind_a_backslash(write):
    content = 'text,label\n"say \\"hi\\", twice",pos\nC:\\new,neg\n"ends in \\\\",pos\n"a ""double"" one",neg\n'
    rows, (notice,) = read(write("a.csv", content))
    assert [row.values["text"] for row in rows] == ['say "hi", twice', "C:\\new", "ends in \\", 'a "double" one']
    assert r"\" is read as a quotation mark" in notice and "data.quotes=backslash" in notice


def test_what_comes_after_the_sample_does_not_change_how_it_is_read(write):
    filler = "neg\tplain\n" * (SAMPLE // 10 + 1)
    rows, notices = read(write("a.tsv", "label\ttext\n" + filler + 'pos\t"a\nneg\tb\npos\tc"\n'))
    assert rows[-1].values["text"] == "a\nneg\tb\npos\tc"
    assert "each of which could be a separate row" in notices[0]


@pytest.mark.parametrize("quotes", [Quotes.double, Quotes.backslash])
@pytest.mark.parametrize("line", ['x","b', '"open,b', '"open,b\n"closed"x,b', 'a,"b'])
def test_reading_is_linear(write, monkeypatch, line, quotes):
    read_characters = 0
    reader = csv.reader

    def counting(lines, **how):
        def counted():
            nonlocal read_characters
            for one in lines:
                read_characters += len(one)
                yield one

        return reader(counted(), **how)

    monkeypatch.setattr(module.csv, "reader", counting)
    content = "text,label\n" + f"{line}\n" * 12_000
    rows, _ = read(write("a.csv", content), quotes=quotes)
    assert read_characters < 6 * len(content)
    assert sum(bool(row.problem) for row in rows) > 10_000


def test_a_record_has_a_limit_and_names_the_line_where_the_quote_opened(write, monkeypatch):
    monkeypatch.setattr(module, "MOST_LINES", 10)
    content = 'text,label\nfine,pos\n"open,pos\n' + "fine,pos\n" * 15 + '"two\nlines",pos\n' + "fine,pos\n" * 20
    rows, _ = read(write("a.csv", content))
    assert [row.number for row in rows if row.problem] == [3]
    assert "a quote opens in line 3 and is not closed within 10 lines" in rows[1].problem
    assert rows[17].values == {"text": "two\nlines", "label": "pos"}
    assert len(rows) == 38


CELLS = strategies.text(strategies.sampled_from("ab \"\\\t,;|\n\r'é"), max_size=8)


@given(rows=strategies.lists(strategies.tuples(CELLS, CELLS), max_size=8), delimiter=strategies.sampled_from(",;\t|"))
@settings(deadline=None, max_examples=150)
@pytest.mark.parametrize("quotes", [Quotes.double, Quotes.backslash])
def test_what_a_writer_writes_is_read_back(rows, delimiter, quotes):
    buffer = io.StringIO(newline="")
    escape = {"escapechar": "\\", "doublequote": False} if quotes is Quotes.backslash else {}
    csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL, **escape).writerows([("text", "label"), *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        path.write_bytes(buffer.getvalue().encode())
        found, _ = read(path, delimiter=delimiter, quotes=quotes)
    assert [(row.values["text"], row.values["label"]) for row in found] == rows
    assert not any(row.problem for row in found)


LINES = strategies.lists(strategies.text(strategies.sampled_from('ab"\\\t,'), max_size=12), min_size=1, max_size=12)


@given(lines=LINES, name=strategies.sampled_from(["a.csv", "a.tsv"]), quotes=strategies.sampled_from(Quotes))
@settings(deadline=None, max_examples=300)
def test_every_line_is_part_of_a_row(lines, name, quotes):
    """For any lines: the lines from the number of a row to that of the next row are its lines, or are blank."""
    delimiter = "," if name == "a.csv" else "\t"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes("\n".join([f"text{delimiter}label", *lines]).encode())
        found, _ = read(path, quotes=quotes)
    given = {number for number, line in enumerate(lines, 2) if line.strip() or delimiter in line}
    if quotes is Quotes.none:
        assert len(found) == len(given)
    begins = [row.number for row in found]
    assert begins == sorted(set(begins)) and set(begins) <= set(range(2, len(lines) + 2))
    for row, after in zip(found, [*begins, len(lines) + 2][1:], strict=True):
        # A row without a problem consists of the lines that it spans; a row with a problem is a single line.
        inside = {number for number in given if row.number < number < after}
        spans = "\n".join(row.values.values()).count("\n") if not row.problem else 10**6
        assert len(inside) <= spans
        given -= inside | {row.number}
    assert not given
