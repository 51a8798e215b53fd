"""The decisions of a model are columns of every format, equal to the outputs of its graph."""

import pytest
import tensorflow as tf
from small_model import TEXTS
from table_files import read, write

from classifier.scoring.plan import make_plan
from classifier.scoring.score_file import score_files
from classifier.scoring.totals import totals_table
from classifier.settings import ScoreSettings
from classifier.terminal import show

MANY = [*TEXTS, *(f"{one} {other}" for one in TEXTS for other in TEXTS)]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_columns_are_the_outputs_of_the_graph(ending, tmp_path, classifier, capsys):
    write(tmp_path / "in.csv", [{"id": str(place), "text": text} for place, text in enumerate([*MANY, " "])])
    options = ScoreSettings("model", str(tmp_path / "in.csv"), str(tmp_path / f"out.{ending}"))
    done = score_files(make_plan(options, "abc", "v1", classifier.decision), lambda: classifier)
    *rows, bad = read(tmp_path / f"out.{ending}")
    assert list(bad) == ["id", "text", "label", "score", "accepted", "label_set", "model_version", "error"]
    assert not bad["accepted"] and not bad["label_set"]
    answer = classifier.serve(text=tf.constant(MANY))
    accepted = answer["accepted"].numpy().tolist()
    sets = [[label.decode() for label in row if label] for row in answer["label_set"].numpy()]
    if ending == "csv":
        accepted, sets = [str(one).lower() for one in accepted], ["|".join(one) for one in sets]
    assert [row["accepted"] for row in rows] == accepted
    assert [row["label_set"] for row in rows] == sets
    assert 0 < done.summary["accepted"] < len(MANY)
    assert len({len(one) for one in sets}) > 1
    show(totals_table(done.summary))
    assert f" {done.summary['accepted']} " in capsys.readouterr().out
