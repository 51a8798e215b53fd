"""Seeds of a sweep share one split, and compare accepts them as repeats."""

import csv
import json


def test_seeds_share_one_split(case, run, tmp_path):
    data = ("data=files", f"data.train={case('path_brackets')}/train.csv")
    tiny = ("encoder=tiny", "trainer.epochs=1", "encoder.linear=none", "hydra.launcher.processes=2")
    done = run("train", "-m", *data, "seed=0,1", "encoder.depth=1,2", *tiny, "hydra.sweep.dir=s3")
    assert done.returncode == 0, done.stderr
    assert "All seeds share one split of the data: data.split_seed=0" in done.stdout
    with (tmp_path / "s3/report/trials.csv").open() as file:
        trials = list(csv.DictReader(file))
    assert len(trials) == 4 and len({trial["validated_on"] for trial in trials}) == 1
    assert "Best: #" in done.stdout
    sweep = json.loads((tmp_path / "s3/summary.json").read_text())
    compared = run("compare", f"sweep={sweep['run_id']}")
    assert compared.returncode == 0, compared.stderr
    assert "2 entries of 4 runs" in compared.stdout
