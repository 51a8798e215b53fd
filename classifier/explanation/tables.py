"""The tables of the page, and the same tables as CSV."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from classifier.drawing.heat import level
from classifier.drawing.page import bdi, scrolling
from classifier.explanation.classes import ClassWord
from classifier.explanation.explanation import METHODS
from classifier.explanation.faithfulness import RANDOM, Estimate, verdict
from classifier.files import write_records, write_table

HEAD = (
    "<tr><th>word</th>"
    + "".join(f'<th class="number">{title}</th>' for title in ("per text", "each time", "times"))
    + "</tr>"
)
MOST_OPEN = 12  # number of classes
STRONGEST = 12  # number of words for a class; half as many against it
TITLES = {RANDOM: "Random words", **{name: method.title for name, method in METHODS.items()}}
HEADS = {
    "comprehensiveness": "comprehensiveness",
    "sufficiency": "sufficiency",
    "deletion_area": "area under deletion",
    "insertion_area": "area under insertion",
}
NOTE = (
    "An increasing share of the most important words by each method is removed (deletion), or only these words are "
    "kept (insertion), and the probability of the explained class is measured. Comprehensiveness is the loss without "
    "these words: higher is better. Sufficiency is the loss with only these words: lower is better (DeYoung et al. "
    "2020, means over the top 1, 5, 10, 20 and 50 %). Below each number is its paired difference from random words, "
    "with the 95 % bootstrap interval over texts; a method beats random words if both intervals exclude zero."
)


def faithfulness_rows(table: Mapping[str, Mapping[str, Estimate]], measured_on: str) -> str:
    """Returns a table with a row for each method, most comprehensive first, and the differences from random words."""
    head = "".join(f'<th class="number">{title}</th>' for title in (*HEADS.values(), "beats random"))
    rows = []
    for method in sorted(table, key=lambda name: -table[name]["comprehensiveness"].mean):
        random = method == RANDOM
        cells = [
            f'<td class="number">{table[method][name].mean:.3f}{"" if random else above(table[method][name])}</td>'
            for name in HEADS
        ]
        beats_random = "–" if random else verdict(table[method])
        name = f'<th scope="row">{TITLES[method]}</th>'
        rows.append(f'<tr>{name}{"".join(cells)}<td class="number">{beats_random}</td></tr>')
    note = f'<p class="quiet">{NOTE} Measured on {escape(measured_on)}.</p>'
    head = f"<thead><tr><th>method</th>{head}</tr></thead>"
    return note + scrolling("Faithfulness of the methods", f"<table>{head}<tbody>{''.join(rows)}</tbody></table>")


def above(estimate: Estimate) -> str:
    """Returns a second line with the difference from random words and its interval."""
    low, high = estimate.above_interval.low, estimate.above_interval.high
    return f"<br><small>{estimate.above_random:+.3f} ({low:+.3f} to {high:+.3f})</small>"


def strongest(rows: Sequence[ClassWord]) -> list[ClassWord]:
    """Returns the strongest words for a class, followed by the strongest words against it."""
    supporting = [row for row in rows if row.total > 0][:STRONGEST]
    return supporting + [row for row in rows[::-1] if row.total < 0][: STRONGEST // 2]


def class_tables(words: Sequence[ClassWord]) -> str:
    """Returns a table for each class; the tables of many classes are closed."""
    tables = []
    is_open = " open" if len({row.label for row in words}) <= MOST_OPEN else ""
    for label, of_class in groupby(words, key=lambda row: row.label):
        rows = strongest(list(of_class))
        limit = max((abs(row.total) for row in rows), default=0)
        body = "".join(
            f'<tr><th scope="row" class="word"><b class="{level(row.total, limit)}">{bdi(row.word)}</b></th>'
            f'<td class="number">{row.total:+.4f}</td><td class="number">{row.mean:+.3f}</td>'
            f'<td class="number">{row.occurrences:,}</td></tr>'
            for row in rows
        )
        table = scrolling(f"Words of {label}", f"<table><thead>{HEAD}</thead><tbody>{body}</tbody></table>")
        tables.append(f"<details{is_open}><summary>{bdi(label)}</summary>{table}</details>")
    note = "Contribution of a word to the logit of the class by integrated gradients, in texts that get this label."
    return f'<p class="quiet">{note}</p><div class="classes">{"".join(tables)}</div>'


def write_faithfulness(path: Path, table: Mapping[str, Mapping[str, Estimate]]) -> None:
    """Writes a row for each method and measure."""
    columns = ("mean", "low", "high", "above_random", "above_random_low", "above_random_high")
    rows = []
    for method, measures in table.items():
        for name, estimate in measures.items():
            numbers = (estimate.mean, estimate.interval.low, estimate.interval.high)
            above = (estimate.above_random, estimate.above_interval.low, estimate.above_interval.high)
            rows.append((method, name, *(f"{value:.5f}" for value in (*numbers, *above))))
    write_table(path, ("method", "measure", *columns), rows)


def write_class_words(path: Path, words: Sequence[ClassWord]) -> None:
    """Writes all words of all classes."""
    write_records(path, ClassWord, words)
