"""Formats the trials of a sweep as tables: all columns as CSV and JSON, and a few columns for the terminal."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifier.files import write_table, write_text
from classifier.sweeps.objective import finished, pareto, ranked, validation_sets
from classifier.sweeps.refit import refit_metrics
from classifier.terminal import Table, say, show
from classifier.tracking.trial_records import TrialRecord

FIRST = ("trial", "kind", "name", "status", "reason", "overrides", "seconds")
LAST = ("validated_on", "run_id", "folder")
MOST_ROWS = 20  # in the terminal
METRICS = ("valid.macro_f1", "valid.log_loss", "test.accuracy", "test.macro_f1")


def rows(trials: Sequence[TrialRecord]) -> list[dict[str, Any]]:
    """Returns a row for each trial with all its metrics, starting with those of the splits."""
    names = sorted({name for trial in trials for name in trial.metrics if name != "seconds"}, key=metric_order)
    return [
        {
            "trial": trial.number,
            "kind": trial.kind,
            "name": trial.name,
            "status": trial.status,
            "reason": trial.reason,
            "overrides": " ".join(trial.overrides),
            "seconds": trial.metrics.get("seconds"),
            **{name: trial.metrics.get(name) for name in names},
            "validated_on": trial.validated_on,
            "run_id": trial.run_id,
            "folder": trial.folder,
        }
        for trial in trials
    ]


def metric_order(name: str) -> tuple[int, str]:
    """Sort key: validation, test, other metrics."""
    split = name.partition(".")[0]
    return ({"valid": 0, "test": 1}.get(split, 2), name)


def write_tables(folder: Path, trials: Sequence[TrialRecord]) -> None:
    """Writes trials.csv and trials.json atomically."""
    folder.mkdir(parents=True, exist_ok=True)
    table = rows(trials)
    columns = list(table[0]) if table else [*FIRST, *LAST]
    write_table(folder / "trials.csv", columns, (list(row.values()) for row in table))
    write_text(folder / "trials.json", json.dumps([asdict(trial) for trial in trials], indent=2) + "\n")


def metric_columns(trials: Sequence[TrialRecord], objectives: Sequence[str], more: Sequence[str] = ()) -> list[str]:
    """Returns the existing metrics that a table shows."""
    wanted = dict.fromkeys([*objectives, *METRICS, *more])
    return [name for name in wanted if any(name in trial.metrics for trial in trials)]


def best_first(
    trials: Sequence[TrialRecord], objectives: Sequence[str]
) -> tuple[list[TrialRecord], list[TrialRecord], int]:
    """Returns the trials, best first; the refits; and the size of the Pareto front if there are several objectives."""
    front = [trial.run_id for trial in pareto(trials, objectives)] if len(objectives) > 1 else []
    order = sorted(ranked(trials, objectives), key=lambda trial: trial.run_id not in front)
    order += [trial for trial in trials if trial not in order and trial.kind == "trial"]
    return order, [trial for trial in trials if trial.kind == "refit"], len(front)


def result_lines(
    trials: Sequence[TrialRecord], objectives: Sequence[str], shown: Callable[[str], str] = str
) -> list[str]:
    """Returns sentences about the best trial and its refits, in which `shown` formats the names."""
    best, refits = ranked(trials, objectives), refit_metrics(trials)
    if not finished(trials, objectives):
        return ["No trial has finished"]
    if not best:
        return [
            f"No trial is the best: they were validated on {validation_sets(trials, objectives)} different sets of "
            "examples (column validated_on of trials.csv), and their values cannot be compared. Give trials "
            "that are to be compared one data set and one data.split_seed"
        ]
    values = ", ".join(f"{name} {number(best[0].metrics.get(name))}" for name in objectives)
    lines = [f"Best: #{best[0].number} {shown(best[0].name)}, {values}"]
    means = [
        f"{name} {number(refits[f'refit.{name}'])} ± {number(refits.get(f'refit.{name}_sd', 0.0))}"
        for name in metric_columns(trials, objectives)
        if f"refit.{name}" in refits
    ]
    return [*lines, f"Refits of it, mean ± sd over their seeds: {', '.join(means)}"] if means else lines


def show_table(trials: Sequence[TrialRecord], objectives: Sequence[str]) -> None:
    """Shows the trials in the terminal, best first, followed by the refits."""
    order, refits, front = best_first(trials, objectives)
    columns = metric_columns(trials, objectives)
    numbers = [name.replace(".", ".\n") for name in columns]
    title = "Pareto front above the line" if front else ""
    table = Table(["trial", "name", "status"], [*numbers, "seconds"], title)
    shown = order[:MOST_ROWS]
    for index, trial in enumerate([*shown, *refits], 1):
        values = [number(trial.metrics.get(name)) for name in columns]
        seconds = f"{trial.metrics.get('seconds', 0):,.0f}"
        first = str(trial.number) if trial.kind == "trial" else ""
        table.add(first, trial.name, trial.status.lower(), *values, seconds)
        if index == front or (refits and index == len(shown)):
            table.end_section()
    show(table)
    if len(order) > MOST_ROWS:
        say(f"... and {len(order) - MOST_ROWS} more in trials.csv")


def number(value: float | None) -> str:
    """Formats a number with four decimals, or none if it is large."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4f}"
