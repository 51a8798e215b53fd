"""The numbers of the test split, for all methods alike, from the predictions of each example."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
import pyarrow.parquet
from harness.results import read
from numpy.typing import NDArray

from classifier.evaluation.bootstrap import Interval, percentile_interval, resampled_metrics
from classifier.evaluation.metrics import label_metrics
from comparison.cases import BASELINES, METHODS, cases

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One method on one data set; numbers of the test split are means over its seeds."""

    results: list[dict[str, Any]]
    metrics: list[dict[str, float]]  # accuracy and macro_f1 of each seed
    resampled: dict[str, NDArray[np.float64]]  # (resamples,) means over the seeds, of the same rows for every method

    def value(self, metric: str) -> float:
        return float(np.mean([one[metric] for one in self.metrics]))

    def deviation(self, metric: str) -> float:
        """Standard deviation over the seeds; 0 of one."""
        return float(np.std([one[metric] for one in self.metrics], ddof=min(1, len(self.metrics) - 1)))

    def interval(self, metric: str) -> Interval:
        return percentile_interval(self.resampled[metric])

    def mean(self, measured: str) -> float:
        """Of seconds or MB."""
        return float(np.mean([one["found"][measured] for one in self.results]))


Rows = dict[str, dict[str, Row]]  # by data set and method


def rows_of(output: Path, data: str, seeds: Sequence[int]) -> dict[str, Row]:
    """The methods of which there is a result.

    Raises:
        SystemExit: if their predictions are not about the same texts, labels and classes in the same order.
    """
    rows, first = {}, None
    for method in METHODS:
        results, measured = [], []
        for case in cases([data], [method], seeds):
            if result := read(output / case.name):
                path = output / case.name / result["found"]["predictions"]
                table = pyarrow.parquet.read_table(path, columns=["text", "label", "predicted"])
                about = [table.column("text"), table.column("label"), (table.schema.metadata or {})[b"label_names"]]
                first = first or about
                if about != first:
                    raise SystemExit(f"{case.name}: other texts, labels or classes than the rest of {data}")
                results.append(result)
                measured.append(numbers(table, json.loads(about[-1])))
        if results:
            means = {name: np.mean([one[name] for _, one in measured], axis=0) for name in ("accuracy", "macro_f1")}
            rows[method] = Row(results, [metrics for metrics, _ in measured], means)
    return rows


def numbers(table: pyarrow.Table, classes: list[str]) -> tuple[dict[str, float], dict[str, NDArray[np.float64]]]:
    """The metrics of predictions, and those of their resamples."""
    labels, predicted = (
        pyarrow.compute.index_in(table.column(name), pyarrow.array(classes)).to_numpy().astype(np.int64)
        for name in ("label", "predicted")
    )
    nothing = np.zeros(len(labels))  # no baseline here has probabilities, so none has losses
    resampled = resampled_metrics(labels, predicted, nothing, classes=len(classes), resamples=RESAMPLES, seed=0)
    return label_metrics(labels, predicted), resampled


def best_baseline(of_data: dict[str, Row]) -> str | None:
    """The baseline of the highest test accuracy."""
    present = [method for method in BASELINES if method in of_data]
    return max(present, key=lambda method: of_data[method].value("accuracy"), default=None)


def complete(rows: Rows) -> list[str]:
    """The data sets that have all methods but the kept experiment: means are over these."""
    return [data for data, of_data in rows.items() if {*BASELINES, "ours"} <= of_data.keys()]
