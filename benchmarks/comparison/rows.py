"""The numbers of the test split, for all methods alike, from the predictions of each example.

Predictions of one data set that are not about the same texts and labels in the same order are refused.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.compute
import pyarrow.parquet
from numpy.typing import NDArray

from classifier.evaluation.bootstrap import Interval, percentile_interval, resampled_metrics
from classifier.evaluation.metrics import label_metrics
from comparison.results import BASELINES, DATA, METHODS, Case, Result, has_experiment, read_result

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One method on one data set; numbers of the test split are means over its seeds."""

    results: list[Result]
    metrics: list[dict[str, float]]  # accuracy and macro_f1 of each seed
    resampled: dict[str, NDArray[np.float64]]  # (resamples,) means over the seeds, of the same rows for every method

    def value(self, metric: str) -> float:
        return float(np.mean([one[metric] for one in self.metrics]))

    def deviation(self, metric: str) -> float:
        """Standard deviation over the seeds; NaN of one."""
        values = [one[metric] for one in self.metrics]
        return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")

    def interval(self, metric: str) -> Interval:
        return percentile_interval(self.resampled[metric])

    def mean(self, measured: str) -> float:
        """Of a field of the results: seconds or MB."""
        return float(np.mean([getattr(one, measured) for one in self.results]))


Rows = dict[str, dict[str, Row]]  # by data set and method


def rows_of(output: Path, data: str, seeds: Sequence[int]) -> dict[str, Row]:
    """The methods of which there is a result."""
    rows, first = {}, None
    for method in METHODS:
        found = {case: result for case in wanted(data, method, seeds) if (result := read_result(output, case))}
        tables = {case: predictions(output / case.name / one.predictions) for case, one in found.items()}
        for case, table in tables.items():
            first = table if first is None else first
            refuse_other_rows(case, table, first)
        if found:
            rows[method] = row(list(found.values()), list(tables.values()))
    return rows


def wanted(data: str, method: str, seeds: Sequence[int]) -> list[Case]:
    """The processes whose results make a row."""
    return [Case(data, method)] if method in BASELINES else [Case(data, method, seed) for seed in seeds]


def predictions(path: Path) -> pyarrow.Table:
    """Text, label and predicted label of each test example."""
    return pyarrow.parquet.read_table(path, columns=["text", "label", "predicted"])


def refuse_other_rows(case: Case, table: pyarrow.Table, first: pyarrow.Table) -> None:
    """Ends the program if the two predictions are not about the same examples in the same order."""
    same = all(table.column(name).equals(first.column(name)) for name in ("text", "label"))
    if not same or names(table) != names(first):
        raise SystemExit(f"{case.name}: other texts, labels or classes than the rest of {case.data}; measure it again.")


def names(table: pyarrow.Table) -> list[str]:
    """The classes in the order of their numbers."""
    return json.loads((table.schema.metadata or {})[b"label_names"])


def row(results: list[Result], tables: list[pyarrow.Table]) -> Row:
    """The numbers of the test split, of the predictions of each seed."""
    metrics, resampled = [], []
    for table in tables:
        classes = names(table)
        labels, predicted = (numbers(table.column(name), classes) for name in ("label", "predicted"))
        metrics.append(label_metrics(labels, predicted))
        nothing = np.zeros(len(labels))  # no baseline here has probabilities, so none has losses
        resampled.append(
            resampled_metrics(labels, predicted, nothing, classes=len(classes), resamples=RESAMPLES, seed=0)
        )
    means = {name: np.mean([one[name] for one in resampled], axis=0) for name in ("accuracy", "macro_f1")}
    return Row(results, metrics, means)


def numbers(column: pyarrow.ChunkedArray, classes: list[str]) -> NDArray[np.int64]:
    """(examples,) class numbers of the names in the column."""
    return pyarrow.compute.index_in(column, pyarrow.array(classes)).to_numpy().astype(np.int64)


def best_baseline(of_data: dict[str, Row]) -> str | None:
    """The baseline of the highest test accuracy."""
    present = [method for method in BASELINES if method in of_data]
    return max(present, key=lambda method: of_data[method].value("accuracy"), default=None)


def missing(rows: Rows, seeds: Sequence[int]) -> list[str]:
    """What is not measured yet, a line for each data set."""
    lines = []
    for data in DATA:
        measured = rows.get(data, {})
        absent = [one for method in METHODS if (one := absent_part(data, method, measured.get(method), seeds))]
        if absent:
            lines.append(f"{data}: {', '.join(absent) if measured else 'everything'}")
    return lines


def absent_part(data: str, method: str, measured: Row | None, seeds: Sequence[int]) -> str:
    """The method, with the seeds that it lacks; nothing where there is all that can be."""
    done = {one.seed for one in measured.results} if measured else set()
    absent = [case.seed for case in wanted(data, method, seeds) if case.seed not in done]
    if not absent or (method == "ours_experiment" and not has_experiment(data)):
        return ""
    return METHODS[method] + ("" if not done else f" (seed {', '.join(map(str, absent))})")


def complete(rows: Rows) -> list[str]:
    """The data sets that have all methods but the kept experiment: means are over these."""
    return [data for data, of_data in rows.items() if {*BASELINES, "ours"} <= of_data.keys()]


def difference(of_data: dict[str, Row]) -> tuple[float, Interval] | None:
    """Accuracy of ours with its defaults less that of the best baseline, and the interval of paired resamples."""
    best = best_baseline(of_data)
    if best is None or "ours" not in of_data:
        return None
    ours, other = of_data["ours"], of_data[best]
    paired = percentile_interval(ours.resampled["accuracy"] - other.resampled["accuracy"])
    return ours.value("accuracy") - other.value("accuracy"), paired
