"""Converts the data files of a training to datasets of its run."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def dataset_inputs(files: Iterable[Any]) -> list[Any]:
    """Returns MLflow dataset inputs with split, content hash, number of rows and classes.

    Args:
        files: data files, as `classifier.data.DataFile`.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag

    return [
        DatasetInput(
            Dataset(
                name=Path(file.path).name,
                digest=file.sha256[:32],
                source_type="local",
                source=json.dumps({"uri": str(Path(file.path).absolute())}),
                profile=json.dumps(
                    {"rows": file.rows, "used": file.used, "sha256": file.sha256, "classes": file.classes}
                ),
            ),
            [InputTag("mlflow.data.context", file.split)],
        )
        for file in files
    ]
