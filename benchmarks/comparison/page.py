"""The blocks of docs/accuracy.md and its picture: what has been measured so far, and what has not.

The numbers of the test split are computed for all methods alike, from the predictions of each example.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
import pyarrow.parquet
from harness.machine import in_a_line
from harness.markdown import table, write_blocks
from harness.results import read
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from classifier.drawing.style import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION, canvas
from classifier.evaluation.bootstrap import percentile_interval, resampled_metrics
from classifier.evaluation.metrics import label_metrics
from comparison.cases import BASELINES, DATA, METHODS, Case, cases

RESAMPLES = 1000
METRICS = {"accuracy": "accuracy", "macro_f1": "macro F1"}
COSTS = {
    "choosing_seconds": "choosing, s",
    "training_seconds": "training, s",
    "wall_seconds": "whole, s",
    "peak_memory_mb": "MB of memory",
    "model_mb": "MB of model",
}
Cells = dict[str, str]
LOOKS = {  # colour, marker and its size; the majority class is too low to be drawn
    "logistic": (SKY, "o", 6),
    "linear_svc": (BLUE, "s", 6),
    "nb_svm": (GREEN, "^", 6),
    "fasttext": (ORANGE, "D", 6),
    "fasttext_autotune": (PURPLE, "v", 6),
    "ours": (VERMILION, "*", 11),
    "ours_experiment": (INK, "P", 6),
}
COLUMNS = 3
DEPTH = 0.2  # of accuracy below the best of a panel; what is lower is drawn at the lower edge, with its number


class Row:
    """One method on one data set: means over its seeds; the resamples are the same for every method."""

    def __init__(self, output: Path, found: Sequence[Case]) -> None:
        self.results, self.about, metrics, resampled = [], [], [], []
        for case in found:
            self.results.append(result := read(output / case.name) or {})
            predictions = pyarrow.parquet.read_table(output / case.name / result["found"]["predictions"])
            names, columns = (
                predictions.schema.metadata[b"label_names"],
                map(predictions.column, ("label", "predicted")),
            )
            self.about.append((names, predictions.column("text"), predictions.column("label")))
            classes = pyarrow.array(json.loads(names))
            labels, predicted = (pyarrow.compute.index_in(one, classes).to_numpy().astype(np.int64) for one in columns)
            nothing = np.zeros(len(labels))  # no baseline here has probabilities, so none has losses
            counted = {"classes": len(classes), "resamples": RESAMPLES, "seed": 0}
            metrics.append(label_metrics(labels, predicted))
            resampled.append(resampled_metrics(labels, predicted, nothing, **counted))
        self.accuracies = [one["accuracy"] for one in metrics]
        costs = {name: float(np.mean([one["found"][name] for one in self.results])) for name in COSTS}
        self.values = costs | {name: float(np.mean([one[name] for one in metrics])) for name in METRICS}
        self.resampled = {name: np.mean([one[name] for one in resampled], axis=0) for name in METRICS}
        self.intervals = {name: percentile_interval(values) for name, values in self.resampled.items()}


Rows = dict[str, dict[str, Row]]  # by data set and method


def write(output: Path, docs: Path, seeds: Sequence[int]) -> None:
    """Writes the blocks of accuracy.md, and pictures/accuracy.png."""
    rows, absent = {data: {} for data in DATA}, []
    for data in DATA:
        for method in METHODS:
            wanted = list(cases([data], [method], seeds))
            found = [case for case in wanted if read(output / case.name)]
            absent += [case.name for case in wanted if case not in found]
            if found:
                rows[data][method] = Row(output, found)
        about = [one for row in rows[data].values() for one in row.about]
        if any(one != about[0] for one in about):
            raise SystemExit(f"{data}: the methods were measured on other texts, labels or classes")
    rows = {data: of_data for data, of_data in rows.items() if of_data}
    if not rows:
        raise SystemExit(f"There is no result in {output}.")
    whole = {data: of_data for data, of_data in rows.items() if {*BASELINES, "ours"} <= of_data.keys()}
    results = [one for of_data in rows.values() for row in of_data.values() for one in row.results]
    blocks = {
        "machine": in_a_line([one["machine"] for one in results]),
        "best": table([*(best_row(*one) for one in rows.items()), *mean_of_best(list(whole.values()))]),
        "methods": table([method_row(data, rows[data], method) for data in rows for method in rows[data]]),
        "means": f"Over {', '.join(whole)}.\n\n{table(mean_rows(list(whole.values())))}",
    }
    blocks["best"] += f"\n\nNot measured yet: {', '.join(absent)}." if absent else ""
    write_blocks(docs / "accuracy.md", blocks)
    draw(rows).savefig(docs / "pictures" / "accuracy.png")


def best_baseline(of_data: dict[str, Row]) -> str:
    """The baseline of the highest test accuracy; nothing if there is none."""
    present = [method for method in BASELINES if method in of_data]
    return max(present, key=lambda method: of_data[method].values["accuracy"], default="")


def best_row(data: str, of_data: dict[str, Row]) -> Cells:
    best, difference, shown = best_baseline(of_data), "–", dict[str, str]()
    for method, row in of_data.items():
        deviation = f" ± {np.std(row.accuracies, ddof=1):.3f}" if row.accuracies[1:] else ""
        shown[method] = f"{row.values['accuracy']:.3f}{deviation}"
    if best and "ours" in of_data:
        ours, other = of_data["ours"], of_data[best]
        paired = percentile_interval(ours.resampled["accuracy"] - other.resampled["accuracy"])
        value = ours.values["accuracy"] - other.values["accuracy"]
        difference = f"{value:+.3f} ({paired.low:+.3f} to {paired.high:+.3f})"
    return {
        "data": data,
        "best baseline": f"{BASELINES[best]} {shown[best]}" if best else "–",
        "linear SVC": shown.get("linear_svc", "–"),
        "ours, defaults": shown.get("ours", "–"),
        "difference (95 %)": difference,
        "ours, kept experiment": shown.get("ours_experiment", "–"),
    }


def mean_of_best(whole: Sequence[dict[str, Row]]) -> list[Cells]:
    """The means over the data sets that have all methods but the kept experiment, if there are any."""
    if not whole:
        return []
    chosen = [(one[best_baseline(one)], one["linear_svc"], one["ours"]) for one in whole]
    best, svc, ours = np.mean([[float(row.values["accuracy"]) for row in rows] for rows in chosen], axis=0)
    row = {"data": f"mean of {len(whole)}", "best baseline": f"{best:.3f}", "linear SVC": f"{svc:.3f}"}
    return [row | {"ours, defaults": f"{ours:.3f}", "difference (95 %)": f"{ours - best:+.3f}"}]


def method_row(data: str, of_data: dict[str, Row], method: str) -> Cells:
    """All that was measured of a method; the highest accuracy of a data set is bold."""
    row, highest = of_data[method], max(one.values["accuracy"] for one in of_data.values())
    cells: dict[str, str] = {"data": data, "method": METHODS[method]}
    for name, label in METRICS.items():
        bold = "**" if name == "accuracy" and row.values[name] == highest else ""
        ends = row.intervals[name]
        cells[label] = f"{bold}{row.values[name]:.3f}{bold} ({ends.low:.3f}–{ends.high:.3f})"
    words = [word for word in row.results[0]["found"]["settings"].split() if not word.startswith("seed=")]
    costs = {label: amount(row.values[name]) for name, label in COSTS.items()}
    return cells | costs | {"settings": f"`{' '.join(words)}`" if words else "–"}


def mean_rows(whole: Sequence[dict[str, Row]]) -> list[Cells]:
    """A line for each method that all of the data sets have."""
    lines = []
    for method, label in METHODS.items():
        if whole and all(method in of_data for of_data in whole):
            rows = [of_data[method].values for of_data in whole]
            means = {name: float(np.mean([values[name] for values in rows])) for name in METRICS | COSTS}
            scores = {label: f"{means[name]:.3f}" for name, label in METRICS.items()}
            lines.append({"method": label, **scores, **{label: amount(means[name]) for name, label in COSTS.items()}})
    return lines


def amount(value: float) -> str:
    """Seconds or MB; two digits of small values, a dash for nothing."""
    return "–" if not value else f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def draw(rows: Rows) -> Figure:
    """Every method but the majority class, with its 95 % interval."""
    columns, lines = min(COLUMNS, len(rows)), -(-len(rows) // COLUMNS)
    size = (1.2 + 2.9 * columns, 1.2 + 2.4 * lines)
    with canvas(*size, rows=lines, columns=columns, squeeze=False, sharex=True) as (figure, grid):
        handles = {}
        for panel, (data, of_data) in zip(grid.ravel(), rows.items(), strict=False):
            handles |= draw_panel(panel, of_data)
            panel.set(title=data, xlabel="seconds, log scale", ylabel="test accuracy", xscale="log")
            panel.tick_params(labelbottom=True)
            panel.margins(x=0.12, y=0.12)
        panel = grid[0][0]  # all share its ticks
        panel.xaxis.set_major_formatter("{x:,g}")
        panel.xaxis.set_minor_locator(NullLocator())
        for empty in grid.ravel()[len(rows) :]:
            empty.set_visible(False)
        drawn = {METHODS[method]: handles[method] for method in LOOKS if method in handles}
        figure.legend(drawn.values(), drawn, loc="outside lower center", ncols=4 if columns > 2 else 2)
    return figure


def draw_panel(panel: Axes, of_data: dict[str, Row]) -> dict[str, Any]:
    """One data set; higher and further left is better. Returns the entry of each method in the legend."""
    handles = {}
    floor = max((of_data[method].values["accuracy"] for method in LOOKS if method in of_data), default=0) - DEPTH
    for method, (colour, marker, size) in LOOKS.items():
        if method in of_data:
            values, interval = of_data[method].values, of_data[method].intervals["accuracy"]
            fit = values["choosing_seconds"] + values["training_seconds"]  # of ours, the whole command counts
            seconds, value = fit if method in BASELINES else values["wall_seconds"], values["accuracy"]
            edge = {"markeredgecolor": "white", "markeredgewidth": 0.6, "linestyle": "none", "markersize": size}
            ends = [[value - interval.low], [interval.high - value]] if value >= floor else None
            handles[method] = panel.errorbar(
                seconds, max(value, floor), yerr=ends, color=colour, marker=marker, elinewidth=1, **edge
            )
            if value < floor:
                place = {"xytext": (6, -3), "textcoords": "offset points", "fontsize": 7}
                panel.annotate(f"{value:.2f} ↓", (seconds, floor), **place)
    return handles
