"""The tables of the page, and the same as CSV."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from classifier.explanation.classes import ClassWord
from classifier.explanation.explanation import METHODS
from classifier.explanation.faithfulness import RANDOM, Estimate, verdict
from classifier.explanation.marks import level
from classifier.files import write_records, write_table

STRONGEST = 12  # words of a class for it, and half as many against it
TITLES = {RANDOM: "Random words", **{name: method.title for name, method in METHODS.items()}}
HEADS = {
    "comprehensiveness": "comprehensiveness",
    "sufficiency": "sufficiency",
    "deletion_area": "area under deletion",
    "insertion_area": "area under insertion",
}
TOLD = (
    "Of the words that count most by each method, more and more are taken away (deletion), or alone are kept "
    "(insertion), and the probability of the predicted class is watched. Comprehensiveness is how much of it is lost "
    "without them: the higher the better. Sufficiency is how much is lost with them alone: the lower the better "
    "(DeYoung et al. 2020, means over the top 1, 5, 10, 20 and 50 %). Below each number is its difference from random "
    "words, paired, with the 95 % interval of the bootstrap over texts; a method beats random words where both "
    "intervals leave zero out."
)


def faithfulness_rows(table: Mapping[str, Mapping[str, Estimate]], measured_on: str) -> str:
    """A row for each method, the most comprehensive first, with its differences from random words."""
    head = "".join(f"<th>{title}</th>" for title in ("method", *HEADS.values(), "beats random"))
    rows = []
    for method in sorted(table, key=lambda name: -table[name]["comprehensiveness"].mean):
        random = method == RANDOM
        cells = [
            f"<td>{table[method][name].mean:.3f}{'' if random else above(table[method][name])}</td>" for name in HEADS
        ]
        told = "–" if random else verdict(table[method])
        rows.append(f"<tr><td>{TITLES[method]}</td>{''.join(cells)}<td>{told}</td></tr>")
    note = f'<p class="quiet">{TOLD} Measured on {escape(measured_on)}.</p>'
    return f"{note}<table><tr>{head}</tr>{''.join(rows)}</table>"


def above(estimate: Estimate) -> str:
    """On a second line, the difference from random words with its interval."""
    low, high = estimate.above_interval.low, estimate.above_interval.high
    return f"<br><small>{estimate.above_random:+.3f} ({low:+.3f} to {high:+.3f})</small>"


def strongest(rows: Sequence[ClassWord]) -> list[ClassWord]:
    """The words of a class that speak most for it, then those that speak most against it."""
    loudest = [row for row in rows if row.total > 0][:STRONGEST]
    return loudest + [row for row in rows[::-1] if row.total < 0][: STRONGEST // 2]


def class_tables(words: Sequence[ClassWord]) -> str:
    """A table for each class."""
    tables = []
    for label, some in groupby(words, key=lambda row: row.label):
        rows = strongest(list(some))
        limit = max((abs(row.total) for row in rows), default=0)
        body = "".join(
            f'<tr><td><b class="{level(row.total, limit)}" dir="auto">{escape(row.word)}</b></td>'
            f"<td>{row.total:+.4f}</td><td>{row.mean:+.3f}</td><td>{row.occurrences:,}</td></tr>"
            for row in rows
        )
        head = "<tr><th>word</th><th>a text</th><th>an occurrence</th><th>occurrences</th></tr>"
        tables.append(f"<div><h3>{escape(label)}</h3><table>{head}{body}</table></div>")
    note = "What a word adds to the logit of the class by integrated gradients, in the texts that were given its label."
    return f'<p class="quiet">{note}</p><div class="classes">{"".join(tables)}</div>'


def write_faithfulness(path: Path, table: Mapping[str, Mapping[str, Estimate]]) -> None:
    """A row for each method and measure."""
    columns = ("mean", "low", "high", "above_random", "above_random_low", "above_random_high")
    rows = []
    for method, measures in table.items():
        for name, one in measures.items():
            numbers = (one.mean, one.interval.low, one.interval.high)
            above = (one.above_random, one.above_interval.low, one.above_interval.high)
            rows.append((method, name, *(f"{value:.5f}" for value in (*numbers, *above))))
    write_table(path, ("method", "measure", *columns), rows)


def write_class_words(path: Path, words: Sequence[ClassWord]) -> None:
    """Every word of every class."""
    write_records(path, ClassWord, words)
