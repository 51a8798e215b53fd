"""A comparison as one HTML page that needs no other file."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from classifier.comparison import report as phrases
from classifier.comparison.comparison import Comparison, Entry, Pair
from classifier.comparison.paired import ERROR, METRICS, WORDS
from classifier.comparison.report import Report
from classifier.drawing.page import as_address, as_png, render
from classifier.drawing.style import BLUE, GREY, PALE, canvas, display_names

MOST_ENTRIES = 6  # columns beside the text of an example
MOST_EXAMPLES = 50  # of each kind
MOST_CHARACTERS = 400  # of a text
MOST_ROWS = 40  # of the picture


def page(report: Report) -> str:
    """The page, complete."""
    comparison, entries = report.comparison, report.entries[:MOST_ENTRIES]
    return render(
        Path(__file__).with_name("comparison.html"),
        title=report.title,
        report=report,
        comparison=comparison,
        words=WORDS,
        metrics=METRICS,
        verdict=phrases.verdict(comparison),
        phrases=phrases,
        pairs=phrases.shown_pairs(comparison),
        error=ERROR,
        picture=as_address(as_png(differences_to_best(comparison))) if comparison.pairs else "",
        classes=class_rows(report, entries[1:]),
        columns=entries,
        examples=examples_of_kinds(report, entries),
        repeats=any(one.repeats > 1 for one in entries),
    )


def class_rows(report: Report, others: list[Entry]) -> list[tuple[str, int, float, list[Any]]]:
    """For each class: its name, its examples, the best entry's F1 and the change under each other entry."""
    names = {one.name for one in others}
    of_class: dict[str, list[Any]] = {}
    for row in report.changes():
        if row.entry in names:
            of_class.setdefault(row.label, []).append(row)
    return [(name, rows[0].support, rows[0].best_f1, rows) for name, rows in of_class.items()]


def examples_of_kinds(report: Report, entries: list[Entry]) -> list[tuple[str, int, list[dict[str, Any]]]]:
    """(heading, how many, the first of them): what the best gets right and another wrong, and the other way round.

    Those in which the best and the next one differ come first.
    """
    best, rival = entries[0], entries[1 if len(entries) > 1 else 0]
    rows = sorted(report.disagreements(), key=lambda row: -abs(best.right[row] - rival.right[row]))
    kinds = {
        f"{best.name} is right": [row for row in rows if best.right[row] == 1],
        f"{best.name} is wrong": [row for row in rows if best.right[row] == 0],
        f"Some seeds of {best.name} are right": [row for row in rows if 0 < best.right[row] < 1],
    }
    return [
        (heading, len(found), [example(report, entries, row) for row in found[:MOST_EXAMPLES]])
        for heading, found in kinds.items()
        if found
    ]


def example(report: Report, entries: list[Entry], row: int) -> dict[str, Any]:
    """The example with the answer of each entry and how right it is."""
    text = report.examples.texts[row]
    return {
        "origin": report.examples.origins[row],
        "text": text[:MOST_CHARACTERS] + ("…" if len(text) > MOST_CHARACTERS else ""),
        "label": report.examples.labels[row],
        "answers": [(report.answer(one, row), float(one.right[row])) for one in entries],
    }


def differences_to_best(comparison: Comparison) -> Figure:
    """The best entry minus each other one, with 95 % intervals; filled where the difference is shown."""
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
    """One row of the picture."""
    found, shown = pair.differences[metric], pair.adjusted[metric] < ERROR
    axes.plot([found.interval.low, found.interval.high], [row, row], color=BLUE)
    axes.plot(found.value, row, "o", color=BLUE, markerfacecolor=BLUE if shown else "white")
