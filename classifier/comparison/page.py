"""Formats a comparison as a self-contained HTML page."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from classifier.comparison import report as phrases
from classifier.comparison.comparison import Comparison, Entry, Pair
from classifier.comparison.paired import ERROR, METRICS, WORDS
from classifier.comparison.report import Report
from classifier.drawing.page import as_png, isolated, render
from classifier.drawing.style import BLUE, GREY, PALE, canvas, display_names
from classifier.evaluation.predictions import shown

MOST_ENTRIES = 6  # number of entries that are shown for each example
MOST_EXAMPLES = 50  # per kind
MOST_CHARACTERS = 400  # per text
MOST_ROWS = 40  # in the picture
MOST_OPEN = 25  # number of classes up to which their table is open


def page(report: Report) -> str:
    """Returns the complete page."""
    comparison, entries = report.comparison, report.entries[:MOST_ENTRIES]
    return render(
        Path(__file__).with_name("comparison.html"),
        title=report.title,
        report=report,
        comparison=comparison,
        words=WORDS,
        metrics=METRICS,
        verdict=phrases.verdict(comparison, isolated),
        phrases=phrases,
        pairs=phrases.shown_pairs(comparison),
        error=ERROR,
        drawn=as_png(differences_to_best(comparison)) if comparison.pairs else b"",
        classes=class_rows(report, entries[1:]),
        open_classes=MOST_OPEN,
        columns=entries,
        examples=examples_of_kinds(report, entries),
        repeats=any(entry.repeats > 1 for entry in entries),
    )


def class_rows(report: Report, others: list[Entry]) -> list[tuple[str, int, float, list[Any]]]:
    """Returns name, number of examples, F1 of the best entry and changes of the other entries for each class."""
    names = {entry.name for entry in others}
    of_class: dict[str, list[Any]] = {}
    for row in report.changes():
        if row.entry in names:
            of_class.setdefault(row.label, []).append(row)
    return [(name, rows[0].support, rows[0].best_f1, rows) for name, rows in of_class.items()]


def examples_of_kinds(report: Report, entries: list[Entry]) -> list[tuple[str, int, list[dict[str, Any]]]]:
    """Returns (heading, number, first examples) for examples on which other entries differ from the best entry.

    Examples on which the best and the second entry differ come first.
    """
    best, rival = entries[0], entries[1 if len(entries) > 1 else 0]
    rows = sorted(report.disagreements(), key=lambda row: -abs(best.right[row] - rival.right[row]))
    name = isolated(best.name)
    kinds = {
        f"{name} is right": [row for row in rows if best.right[row] == 1],
        f"{name} is wrong": [row for row in rows if best.right[row] == 0],
        f"Some seeds of {name} are right": [row for row in rows if 0 < best.right[row] < 1],
    }
    return [
        (heading, len(found), [example(report, entries, row) for row in found[:MOST_EXAMPLES]])
        for heading, found in kinds.items()
        if found
    ]


def example(report: Report, entries: list[Entry], row: int) -> dict[str, Any]:
    """Returns the example with the prediction of each entry, and the share of its repeats that are right."""
    text = report.examples.texts[row]
    return {
        "origin": report.examples.origins[row],
        "text": text[:MOST_CHARACTERS] + ("…" if len(text) > MOST_CHARACTERS else ""),
        "label": shown(report.examples.labels[row]),
        "answers": [(report.answer(entry, row), float(entry.right[row])) for entry in entries],
    }


def differences_to_best(comparison: Comparison) -> Figure:
    """Draws the differences of the best to the other entries with 95 % intervals; filled if significant."""
    best = comparison.standings[0].name
    pairs = [pair for pair in comparison.pairs if pair.first == best][:MOST_ROWS]
    with canvas(8, 1.3 + 0.32 * len(pairs)) as (figure, axes):
        axes.axvline(0, color=GREY, linewidth=1)
        if comparison.smallest:
            axes.axvspan(-comparison.smallest, comparison.smallest, color=PALE, alpha=0.6, linewidth=0)
        for row, pair in enumerate(pairs):
            draw_interval(axes, row, pair, comparison.metric)
        axes.set_yticks(range(len(pairs)), display_names([pair.second for pair in pairs]))
        axes.set_ylim(len(pairs) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.set(title=f"{display_names([best])[0]} minus ...", xlabel=f"difference in {WORDS[comparison.metric]}")
    return figure


def draw_interval(axes: Any, row: int, pair: Pair, metric: str) -> None:
    """Draws a row of the picture."""
    found, significant = pair.differences[metric], pair.adjusted[metric] < ERROR
    axes.plot([found.interval.low, found.interval.high], [row, row], color=BLUE)
    axes.plot(found.value, row, "o", color=BLUE, markerfacecolor=BLUE if significant else "white")
