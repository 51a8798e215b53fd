import csv


def test_each_bad_row_is_named_once(case, run, tmp_path):
    case("half_open_quotes")
    (tmp_path / "quotes.csv").write_text("text,label\n" + 'x","b\n' * 16_000)
    done = run("train", "data=files", "data.train=quotes.csv")
    assert done.returncode == 2
    assert "16,000 of 16,000 rows" in done.stderr and "a quote opens in line 2" in done.stderr
    (rejects,) = tmp_path.glob("outputs/train/*/report/rejects.csv")
    with rejects.open(newline="") as file:
        assert [row["row"] for row in csv.DictReader(file)] == [str(line) for line in range(2, 16_002)]
