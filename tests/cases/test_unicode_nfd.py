"""The same test texts, composed and decomposed, have the same metrics and the same probabilities."""

import json
import shutil

import pyarrow.parquet
from conftest import TINY


def test_unicode_nfd(case, run, tmp_path):
    folder, found = case("unicode_nfd"), {}
    trained = run("train", "data=files", f"data.train={folder / 'train.csv'}", *TINY, "hydra.run.dir=m")
    assert trained.returncode == 0, trained.stderr
    for form in ("nfc", "nfd"):
        shutil.copy(folder / f"test_{form}.csv", tmp_path / "test.csv")
        done = run("evaluate", "model=m/model", "data=files", "data.test=test.csv", f"hydra.run.dir={form}")
        assert done.returncode == 0, done.stderr
        table = pyarrow.parquet.read_table(next((tmp_path / form).rglob("predictions.parquet")))
        found[form] = (
            json.loads((tmp_path / form / "summary.json").read_text())["metrics"],
            table.drop_columns("text"),
        )
    assert found["nfc"] == found["nfd"]
