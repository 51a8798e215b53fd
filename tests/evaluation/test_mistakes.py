"""Mistakes are sorted, and the table is complete."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from classifier.evaluation.mistakes import Mistake, confident_mistakes, predictions_table
from classifier.evaluation.scored import Scored

pytestmark = pytest.mark.filterwarnings("error")
TEXTS = ["right", "unsure", "sure", "as sure"]
LABELS = [0, 0, 1, 1]
PROBABILITIES = np.array([[0.9, 0.1], [0.375, 0.625], [0.75, 0.25], [0.75, 0.25]], np.float32)
NAMES = ["天气", "spam"]
ORIGINS = [f"test.csv:{line}" for line in (2, 3, 5, 7)]
SPLIT = Scored(LABELS, PROBABILITIES, NAMES, TEXTS, ORIGINS)


def test_the_most_confident_first_and_equals_in_their_order():
    assert confident_mistakes(SPLIT) == [
        Mistake("sure", "spam", "天气", 0.75, "test.csv:5"),
        Mistake("as sure", "spam", "天气", 0.75, "test.csv:7"),
        Mistake("unsure", "天气", "spam", 0.625, "test.csv:3"),
    ]


def test_the_limit_keeps_the_first():
    assert confident_mistakes(SPLIT, limit=2) == confident_mistakes(SPLIT)[:2]


def test_no_mistakes():
    assert confident_mistakes(Scored([0, 1, 0, 0], PROBABILITIES, NAMES, TEXTS, ORIGINS)) == []


def test_arrays_of_text_are_as_good_as_lists():
    arrays = Scored(np.array(LABELS), PROBABILITIES, NAMES, np.array(TEXTS, object), np.array(ORIGINS, object))
    assert confident_mistakes(arrays) == confident_mistakes(SPLIT)
    assert predictions_table(arrays).equals(predictions_table(SPLIT))


def test_the_table_survives_parquet(tmp_path):
    pyarrow.parquet.write_table(predictions_table(SPLIT), tmp_path / "predictions.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "predictions.parquet")
    assert table.column_names == ["origin", "text", "label", "predicted", "score", "correct", "probabilities"]
    assert table.schema.field("probabilities").type == pa.list_(pa.field("element", pa.float32()), 2)
    assert json.loads(table.schema.metadata[b"label_names"]) == NAMES
    assert table["predicted"].to_pylist() == ["天气", "spam", "天气", "天气"]
    assert table["correct"].to_pylist() == [True, False, False, False]
    assert table.slice(1, 1).to_pylist() == [
        {
            "origin": "test.csv:3",
            "text": "unsure",
            "label": "天气",
            "predicted": "spam",
            "score": 0.625,
            "correct": False,
            "probabilities": [0.375, 0.625],
        }
    ]


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="3 texts, 4 origins and 4 labels"):
        Scored(LABELS, PROBABILITIES, NAMES, TEXTS[:3], ORIGINS)
