from conftest import TINY


def test_a_number_names_a_column(case, run):
    file = case("column_named_by_number") / "data.csv"
    done = run("train", "data=files", f"data.train={file}", "data.text=0", "data.label=1", *TINY)
    assert done.returncode == 0, done.stderr
    assert "48 train, 6 valid, 6 test examples, 2 classes" in done.stdout
