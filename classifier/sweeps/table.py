"""All trials of a sweep as a table: CSV and JSON for programs, a few columns for the terminal."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifier.command_line import write_whole
from classifier.sweeps.objective import pareto, ranked
from classifier.tracking.sweeps import Kept

FIRST = ("trial", "kind", "name", "status", "reason", "overrides", "seconds")
LAST = ("run_id", "folder")
MOST_ROWS = 20  # on the terminal
SHOWN = ("valid.macro_f1", "valid.log_loss", "test.accuracy", "test.macro_f1")


def rows(trials: Sequence[Kept]) -> list[dict[str, Any]]:
    """One row a trial, with all its metrics; those of the splits first."""
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
            "run_id": trial.run_id,
            "folder": trial.folder,
        }
        for trial in trials
    ]


def metric_order(name: str) -> tuple[int, str]:
    """Validation, test, the rest."""
    split = name.partition(".")[0]
    return ({"valid": 0, "test": 1}.get(split, 2), name)


def write_tables(folder: Path, trials: Sequence[Kept]) -> None:
    """trials.csv and trials.json, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    table = rows(trials)
    lines = io.StringIO(newline="")
    writer = csv.DictWriter(lines, list(table[0]) if table else [*FIRST, *LAST])
    writer.writeheader()
    writer.writerows(table)
    write_whole(folder / "trials.csv", lines.getvalue())
    write_whole(folder / "trials.json", json.dumps([asdict(trial) for trial in trials], indent=2) + "\n")


def show_table(trials: Sequence[Kept], objectives: Sequence[str]) -> None:
    """The trials on the terminal, the best first; with several objectives those first that none surpasses."""
    from rich.console import Console
    from rich.table import Table

    front = {trial.run_id for trial in pareto(trials, objectives)} if len(objectives) > 1 else set()
    order = sorted(ranked(trials, objectives), key=lambda trial: trial.run_id not in front)
    order += [trial for trial in trials if trial not in order]
    columns = list(dict.fromkeys([*objectives, *SHOWN]))
    columns = [name for name in columns if any(name in trial.metrics for trial in trials)]
    table = Table(title="Pareto front above the line" if front else None, box=None, header_style="bold")
    for name in ("trial", "name", "status", *columns, "seconds"):
        table.add_column(name, justify="right" if name in (*columns, "seconds", "trial") else "left")
    for index, trial in enumerate(order[:MOST_ROWS]):
        values = [number(trial.metrics.get(name)) for name in columns]
        seconds = f"{trial.metrics.get('seconds', 0):,.0f}"
        last = index + 1 == len(front)
        table.add_row(str(trial.number), trial.name, trial.status.lower(), *values, seconds, end_section=last)
        if last:
            table.add_section()
    Console().print(table)
    if len(order) > MOST_ROWS:
        print(f"... and {len(order) - MOST_ROWS} more in trials.csv")


def number(value: float | None) -> str:
    """Four digits after the point, or none where the number is large."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4f}"
