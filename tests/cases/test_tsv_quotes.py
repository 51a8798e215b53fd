import pytest
from conftest import TINY

from classifier.data import read_rows
from classifier.settings import Reading


@pytest.mark.parametrize("name", ["swallowed.tsv", "rejected.tsv", "swallowed_in_the_middle.tsv"])
def test_every_line_is_a_row(case, name):
    path = case("tsv_quotes") / name
    notices: list[str] = []
    rows = list(read_rows(path, Reading(), notices=notices))
    _, *lines = path.read_text().splitlines()
    assert ["\t".join(row.values.values()) for row in rows] == lines
    assert not any(row.problem for row in rows) and "data.quotes=none" in notices[0]


def test_swallowed_rows_are_never_silent(case, run):
    file = case("tsv_quotes") / "swallowed.tsv"
    done = run("train", "data=files", f"data.train={file}", "data.quotes=double", *TINY)
    assert done.returncode == 0, done.stderr
    assert "each of which could be a separate row" in done.stdout and "data.quotes=none" in done.stdout


def test_training_says_how_it_reads(case, run):
    done = run("train", "data=files", f"data.train={case('tsv_quotes') / 'swallowed.tsv'}", *TINY)
    assert done.returncode == 0, done.stderr
    assert "quotation marks are read as part of the texts" in done.stdout
    assert "36 train, 5 valid, 5 test examples" in done.stdout
