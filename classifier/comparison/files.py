"""Writes a comparison to files: an HTML page, and its tables as CSV."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifier.comparison.comparison import Pair
from classifier.comparison.page import page
from classifier.comparison.paired import METRICS
from classifier.comparison.report import Report
from classifier.evaluation.predictions import shown
from classifier.files import write_table, write_text


def write_comparison(folder: Path, report: Report) -> Path:
    """Writes comparison.html, ranking.csv, pairs.csv, settings.csv, classes.csv and examples.csv; returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "ranking.csv", ranking_rows(report))
    write_rows(folder / "pairs.csv", map(pair_row, report.comparison.pairs))
    write_rows(folder / "settings.csv", ({"setting": key, **values} for key, values in report.settings.items()))
    write_rows(folder / "classes.csv", map(asdict, report.changes()))
    write_rows(folder / "examples.csv", example_rows(report))
    path = folder / "comparison.html"
    write_text(path, page(report))
    return path


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes the rows as CSV; writes no file if there are no rows."""
    rows = list(rows)
    if rows:
        write_table(path, list(rows[0]), (list(row.values()) for row in rows))


def ranking_rows(report: Report) -> list[dict[str, Any]]:
    """Returns a row for each entry, best first."""
    return [
        {
            "best_place": standing.places[0],
            "worst_place": standing.places[1],
            "entry": standing.name,
            "seeds": standing.repeats,
            **{
                key: value
                for metric in METRICS
                for key, value in {
                    metric: standing.means[metric],
                    f"{metric}_sd": standing.deviations[metric],
                    f"{metric}_low": standing.intervals[metric].low,
                    f"{metric}_high": standing.intervals[metric].high,
                }.items()
            },
            "runs": "; ".join(report.runs[standing.name]),
        }
        for standing in report.comparison.standings
    ]


def pair_row(pair: Pair) -> dict[str, Any]:
    """Returns a row with all numbers of the pair."""
    row: dict[str, Any] = {"first": pair.first, "second": pair.second}
    for metric in METRICS:
        found = pair.differences[metric]
        row |= {
            f"{metric}_difference": found.value,
            f"{metric}_low": found.interval.low,
            f"{metric}_high": found.interval.high,
            f"{metric}_p": found.p_value,
            f"{metric}_p_holm": pair.adjusted[metric],
            f"{metric}_smallest": pair.smallest[metric],
        }
    test = "McNemar, exact" if pair.exact else "bootstrap"
    return {**row, "accuracy_test": test, "only_first_right": pair.only_first, "only_second_right": pair.only_second}


def example_rows(report: Report) -> list[dict[str, Any]]:
    """Returns a row for each example on which entries disagree, with the predictions of each entry."""
    examples = report.examples
    return [
        {
            "origin": examples.origins[row],
            "text": examples.texts[row],
            "label": shown(examples.labels[row]),
            **{entry.name: report.answer(entry, row) for entry in report.entries},
        }
        for row in report.disagreements()
    ]
