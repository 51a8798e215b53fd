"""The blocks of docs/accuracy.md: what has been measured so far, and what has not."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from harness.machine import in_a_line
from harness.markdown import table, write_blocks

from classifier.evaluation.bootstrap import percentile_interval
from comparison.cases import BASELINES, DATA, METHODS, cases
from comparison.figure import draw
from comparison.rows import Row, Rows, best_baseline, complete, rows_of

COSTS = {
    "choosing_seconds": "choosing, s",
    "training_seconds": "training, s",
    "wall_seconds": "whole, s",
    "peak_memory_mb": "MB of memory",
    "model_mb": "MB of model",
}
METRICS = {"accuracy": "accuracy", "macro_f1": "macro F1"}
Cells = dict[str, object]


def write(output: Path, docs: Path, seeds: Sequence[int]) -> None:
    """Writes the blocks of accuracy.md, and pictures/accuracy.png."""
    rows = {data: found for data in DATA if (found := rows_of(output, data, seeds))}
    if not rows:
        raise SystemExit(f"There is no result in {output}.")
    results = [one for of_data in rows.values() for row in of_data.values() for one in row.results]
    absent = [case.name for case in cases(DATA, METHODS, seeds) if not (output / case.name / "result.json").exists()]
    best = table(best_rows(rows)) + (f"\n\nNot measured yet: {', '.join(absent)}." if absent else "")
    blocks = {
        "machine": in_a_line([one["machine"] for one in results]),
        "best": best,
        "methods": table([method_row(rows, data, method) for data in rows for method in rows[data]]),
    }
    if whole := complete(rows):
        blocks["means"] = f"Over {', '.join(whole)}.\n\n{table(mean_rows([rows[data] for data in whole]))}"
    write_blocks(docs / "accuracy.md", blocks)
    draw(rows).savefig(docs / "pictures" / "accuracy.png")


def best_rows(rows: Rows) -> list[Cells]:
    """A line for each data set, and the means over those that have all methods but the kept experiment."""
    lines = [best_row(data, of_data) for data, of_data in rows.items()]
    if whole := [rows[data] for data in complete(rows)]:

        def mean(method: Callable[[dict[str, Row]], str | None]) -> float:
            return float(np.mean([of_data[method(of_data) or ""].value("accuracy") for of_data in whole]))

        best, svc, ours = mean(best_baseline), mean(lambda _: "linear_svc"), mean(lambda _: "ours")
        cells = (f"mean of {len(whole)}", f"{best:.3f}", f"{svc:.3f}", f"{ours:.3f}", f"{ours - best:+.3f}", "–")
        lines.append(dict(zip(lines[0], cells, strict=True)))
    return lines


def best_row(data: str, of_data: dict[str, Row]) -> Cells:
    def accuracy(method: str | None) -> str:
        """With the standard deviation over the seeds, if there are several."""
        if not (row := of_data.get(method or "")):
            return "–"
        spread = f" ± {row.deviation('accuracy'):.3f}" if len(row.metrics) > 1 else ""
        return f"{row.value('accuracy'):.3f}{spread}"

    best, difference = best_baseline(of_data), "–"
    if best and (ours := of_data.get("ours")):
        other = of_data[best]
        paired = percentile_interval(ours.resampled["accuracy"] - other.resampled["accuracy"])
        value = ours.value("accuracy") - other.value("accuracy")
        difference = f"{value:+.3f} ({paired.low:+.3f} to {paired.high:+.3f})"
    return {
        "data": data,
        "best baseline": f"{BASELINES[best]} {accuracy(best)}" if best else "–",
        "linear SVC": accuracy("linear_svc"),
        "ours, defaults": accuracy("ours"),
        "difference (95 %)": difference,
        "ours, kept experiment": accuracy("ours_experiment"),
    }


def method_row(rows: Rows, data: str, method: str) -> Cells:
    """All that was measured of a method; the highest accuracy of a data set is bold."""
    row, highest = rows[data][method], max(one.value("accuracy") for one in rows[data].values())
    words = [word for word in row.results[0]["found"]["settings"].split() if not word.startswith("seed=")]
    ends = {name: row.interval(name) for name in METRICS}
    bold = "**" if row.value("accuracy") == highest else ""
    values = {name: f"{row.value(name):.3f}" for name in METRICS}
    values["accuracy"] = f"{bold}{values['accuracy']}{bold}"
    return {
        "data": data,
        "method": METHODS[method],
        **{label: f"{values[name]} ({ends[name].low:.3f}–{ends[name].high:.3f})" for name, label in METRICS.items()},
        **{label: amount(row.mean(name)) for name, label in COSTS.items()},
        "settings": f"`{' '.join(words)}`" if words else "–",
    }


def mean_rows(whole: Sequence[dict[str, Row]]) -> list[Cells]:
    """A line for each method that all of the data sets have."""
    lines = []
    for method, name in METHODS.items():
        found = [of_data[method] for of_data in whole if method in of_data]
        if len(found) == len(whole):
            scores = {label: f"{np.mean([row.value(one) for row in found]):.3f}" for one, label in METRICS.items()}
            costs = {label: amount(float(np.mean([row.mean(one) for row in found]))) for one, label in COSTS.items()}
            lines.append({"method": name, **scores, **costs})
    return lines


def amount(value: float) -> str:
    """Seconds or MB; two digits of small values, a dash for nothing.

    >>> amount(0.0123), amount(1234.5)
    ('0.012', '1,234')
    """
    return "–" if not value else f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
