"""Creates finished runs without a training: settings, predictions of both splits, and a model."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet

from classifier.evaluation.mistakes import predictions_table
from classifier.evaluation.scored import Scored
from classifier.settings import TrackingSettings
from classifier.tracking.run import start_run

NAMES = ["bird", "fruit", "tool"]
EXAMPLES = 120


def make_run(
    settings: TrackingSettings,
    folder: Path,
    wrong: int,
    params: Mapping[str, str],
    *,
    splits: Sequence[str] = ("valid", "test"),
    texts: str = "text",
    tags: Mapping[str, str] | None = None,
    model: bool = False,
) -> str:
    """Creates a finished run in which the first `wrong` predictions are wrong, and returns its id."""
    labels = np.arange(EXAMPLES) % 3
    answers = np.where(np.arange(EXAMPLES) < wrong, (labels + 1) % 3, labels)
    names = [f"{texts} {row}" for row in range(EXAMPLES)]
    origins = [f"t.csv:{row}" for row in range(EXAMPLES)]
    table = predictions_table(Scored(labels, np.eye(3)[answers] * 0.7 + 0.1, NAMES, names, origins))
    with start_run(settings, folder, "same") as run:
        run.log_params(dict(params))
        for name, value in (tags or {}).items():
            run.client.set_tag(run.run_id, name, value)
        for split in splits:
            path = folder / run.run_id / split / "predictions.parquet"
            path.parent.mkdir(parents=True)
            pyarrow.parquet.write_table(table, path)
        (folder / run.run_id).mkdir(exist_ok=True)
        run.log_folder(folder / run.run_id)
        if model:
            make_model(run, folder)
    return run.run_id


def make_model(run, folder: Path) -> None:
    """Logs a model that is never used, with an empty folder as SavedModel."""
    (folder / "saved_model").mkdir(exist_ok=True)
    (folder / "saved_model" / "saved_model.pb").touch()
    run.log_model(folder / "saved_model", "text", tuple(NAMES), step=0)
