"""Formats a sweep as a self-contained HTML page: its results, best trial, table and pictures."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier.drawing.page import as_png, isolated, render
from classifier.files import write_text
from classifier.sweeps.objective import ranked
from classifier.sweeps.pictures import pictures
from classifier.sweeps.table import best_first, metric_columns, number, result_lines
from classifier.sweeps.trial import split_override
from classifier.tracking.trial_records import TrialRecord

MORE = ("parameters", "latency_ms")  # additional columns of the page, for which a terminal is too narrow


def write_page(
    folder: Path, name: str, trials: Sequence[TrialRecord], keys: Sequence[str], objectives: Sequence[str]
) -> None:
    """Writes the pictures as PNG files, and sweep.html, in which they are embedded."""
    images = {title: as_png(figure) for title, figure in pictures(trials, keys, objectives).items()}
    for title, png in images.items():
        (folder / f"{title}.png").write_bytes(png)
    page = render(
        Path(__file__).with_name("sweep.html"),
        title=f"Sweep {isolated(name)}",
        lines=result_lines(trials, objectives, isolated),
        command=best_command(trials, objectives),
        pictures={title.replace("_", " "): png for title, png in images.items()},
        tables=tables(trials, objectives),
    )
    write_text(folder / "sweep.html", page)


def best_command(trials: Sequence[TrialRecord], objectives: Sequence[str]) -> str:
    """Returns the command that trains the best trial, or "" if there is none."""
    best = ranked(trials, objectives)
    if not best:
        return ""
    wanted = [override for override in best[0].overrides if split_override(override)[0] != "trainer.validation_only"]
    single = ["hydra.mode=RUN"] if any(override.startswith("recipe=") for override in wanted) else []
    return shlex.join(["classifier", "train", *single, *wanted])


def tables(
    trials: Sequence[TrialRecord], objectives: Sequence[str]
) -> list[tuple[str, list[str], list[dict[str, Any]]]]:
    """Returns headings, columns and rows of two tables: trials, best first, and refits."""
    order, refits, _ = best_first(trials, objectives)
    found = []
    for heading, records in (("Trials", order), ("Refits of the best", refits)):
        if records:
            columns = metric_columns(records, objectives, MORE)
            found.append((heading, [*columns, "seconds"], [row(trial, columns) for trial in records]))
    return found


def row(trial: TrialRecord, columns: Sequence[str]) -> dict[str, Any]:
    """Returns the row of a trial."""
    seconds = f"{trial.metrics.get('seconds', 0):,.0f}"
    return {
        "number": trial.number if trial.kind == "trial" else "",
        "name": trial.name,
        "status": trial.status.lower(),
        "numbers": [*(number(trial.metrics.get(name)) for name in columns), seconds],
        "reason": trial.reason,
    }
