"""A value is the same class in all files: 1 and 1.0, true and True."""

import json

from conftest import TINY

STORE = "tracking.uri=sqlite:///cases.db"


def test_integers_and_floats_with_a_gap_are_two_classes(case, run, tmp_path):
    folder = case("labels_as_pandas_writes_them")
    files = f"data.train=[{folder}/january.csv,{folder}/february_with_a_gap.csv]"
    done = run("train", "data=files", files, "data.max_bad_rows=0.05", *TINY, STORE, "hydra.run.dir=gap")
    assert done.returncode == 0, done.stderr
    assert " 2 classes" in done.stdout
    assert "'0' (30) and '0.0' (30) are '0'; '1' (30) and '1.0' (30) are '1'." in done.stdout
    assert "february_with_a_gap.csv" in (tmp_path / "gap/report/rejects.csv").read_text()
    check_test_of_floats(run, folder, json.loads((tmp_path / "gap/summary.json").read_text()))


def check_test_of_floats(run, folder, summary):
    """The classes of the model are 0 and 1, but the evaluated file has 0.0 and 1.0."""
    again = [f"run={summary['run_id']}", f"data.test={folder}/february_with_a_gap.csv", "data.max_bad_rows=0.05"]
    done = run("evaluate", *again, STORE, "hydra.run.dir=again")
    assert done.returncode == 0, done.stderr
    assert "1 row could not be used" in done.stdout


def test_booleans_of_csv_and_json_are_two_classes(case, run):
    folder = case("labels_as_pandas_writes_them")
    files = f"data.train=[{folder}/flags.csv,{folder}/flags.jsonl]"
    done = run("train", "data=files", files, *TINY, "encoder.linear=none", "trainer.validation_only=true", STORE)
    assert done.returncode == 0, done.stderr
    assert " 2 classes" in done.stdout
    assert "'True' (30) and 'true' (30) are 'true'" in done.stdout
