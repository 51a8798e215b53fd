from conftest import TINY


def test_the_message_names_the_setting(case, run):
    file = case("headerless") / "two_columns.tsv"
    done = run("train", "data=files", f"data.train={file}", *TINY)
    assert done.returncode == 2
    assert "looks like a row, not like a header" in done.stderr and "data.header=false" in done.stderr


def test_columns_by_number(case, run):
    file = case("headerless") / "two_columns.tsv"
    columns = ["data.header=false", "data.text=1", "data.label=0"]
    done = run("train", "data=files", f"data.train={file}", *columns, *TINY)
    assert done.returncode == 0, done.stderr
    assert "32 train, 4 valid, 4 test examples, 2 classes" in done.stdout
