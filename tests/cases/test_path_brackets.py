"""Paths with brackets and backslashes: training, registration, loading, publishing and serving."""

import json
import shutil

import pytest
from conftest import TINY


@pytest.fixture
def trained(case, run, tmp_path):
    """Trains with brackets in the working folder and the run folder, and returns the run folder."""
    place = tmp_path / "work [2024]"
    place.mkdir()
    done = run(
        "train",
        "data=files",
        f"data.train={case('path_brackets') / 'train.csv'}",
        *TINY,
        'tracking.experiment="[test] x"',
        "tracking.register=x",
        'hydra.run.dir="runs/third [v2]"',
        'export.serving_dir="served \\\\ [b]"',
        cwd=place,
    )
    assert done.returncode == 0, done.stderr
    return place / "runs" / "third [v2]"


def test_path_brackets(trained, case, run, tmp_path):
    place, given = trained.parents[1], case("path_brackets") / "train.csv"
    rows = len(given.read_text().splitlines()) - 1
    shutil.copytree(trained / "model", place / "a [b]")
    for number, model in enumerate(['"a [b]"', "models:/x@champion", '"runs/third [v2]/model"']):
        done = run("score", f"model={model}", f"input={given}", f"output=o{number}.csv", "prefix=p_", cwd=place)
        assert done.returncode == 0, done.stderr
        assert len((place / f"o{number}.csv").read_text().splitlines()) == rows + 1
    run_id = json.loads((trained / "summary.json").read_text())["run_id"]
    assert run("evaluate", f"run={run_id}", 'hydra.run.dir="ev [v2] y"', cwd=place).returncode == 0
    assert (place / "ev [v2] y" / "summary.json").exists()
    explained = run("explain", 'model="a [b]"', "text=late", 'hydra.run.dir="ex [1]"', cwd=place)
    assert explained.returncode == 0, explained.stderr
    published = run("publish", "model=models:/x@champion", 'serving_dir="other [1]"', cwd=place)
    assert published.returncode == 0, published.stderr
    assert (place / "other [1]" / "1" / "saved_model.pb").exists()
