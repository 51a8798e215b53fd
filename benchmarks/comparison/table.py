"""docs/accuracy.md: what has been measured so far, and what has not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from comparison.figure import draw
from comparison.results import BASELINES, DATA, METHODS, has_experiment
from comparison.rows import Row, Rows, best_baseline, complete, difference, missing, rows_of

COSTS = {
    "choosing_seconds": "choosing, s",
    "training_seconds": "training, s",
    "wall_seconds": "whole, s",
    "peak_memory_mb": "MB of memory",
    "model_mb": "MB of model",
}
MAIN = """\
Each method scores the test split once. The baselines choose their settings on a validation split, the same one on which
ours with `seed=0` chooses its epoch, and are then fitted again on train and valid together. So is the n-gram model of
ours, while its encoder is trained on train alone.

The best baseline is the baseline with the highest *test* accuracy, which favours the baselines. Ours is the mean ±
standard deviation over its seeds; if a data set has no validation split, each seed sets a different one aside. The
difference is ours with its defaults minus the best baseline, with the 95 % interval of 1,000 paired resamples of the
test examples: all methods are counted on the same resampled examples, ours as the mean over its seeds."""

KINDS = """\
- majority class: the most frequent class of train and valid
- logistic regression: on sublinear TF-IDF of words and pairs of neighbouring words; C is chosen
- linear SVC: on the same and on sublinear TF-IDF of 3 to 5 characters; chosen are C, and whether the characters may
  cross the borders of words (`char`) or not (`char_wb`)
- NB-SVM: Wang and Manning 2012, on the presence of words and pairs of neighbouring words, one class against the rest; C
  is chosen
- fastText: its own defaults with `wordNgrams=2`; texts in lower case, punctuation separated; one thread
- fastText autotuned: the settings that its autotune finds on valid in the given time; on IMDB it failed twice with its
  own error, "Encountered NaN"
- ours, defaults: `classifier train data=<name> seed=<seed>`
- ours, kept experiment: `classifier train recipe=<name> seed=<seed>`, the recipe of the data set in `conf/recipe/`,
  chosen on validation data"""

PICTURE = """\
![Test accuracy against seconds, one panel for each data set](pictures/accuracy.png)

Bars are 95 % intervals. Seconds of a baseline are those of choosing and of the final fit; seconds of ours are those of
the whole command, including imports, export and the check of the export. Methods that are more than 0.2 below the best
are drawn at the lower edge, with their number and an arrow. The majority class is not drawn."""

EVERY = """\
The 95 % intervals are from the bootstrap over test examples and do not include the variation between seeds. The highest
accuracy of each data set is bold. All values of ours are means over the seeds.

- choosing: all fits on train that are scored on valid
- training: the final fit; for ours the epochs, during which the n-gram model is fitted as well
- whole: the process from start to end. Nothing else ran during ours. A baseline was bound to one core (`taskset`) while
  the other core did other work.
- MB of memory: the largest resident memory of the process
- MB of model: the file written by joblib, the .bin file of fastText, or the SavedModel folder of ours

For the long texts of IMDB and 20 newsgroups, the grids are smaller, words must occur in at least two texts, and there
are at most 300,000 character n-grams, none across the borders of words (`benchmarks/comparison/baselines.py`)."""

TRIED = """\
Each of these was tried on validation data, or on splits and folds of train, never on test. None was worth its cost:

- adding the n-gram model's out-of-fold logits to those of the encoder during training, instead of mixing the two
  afterwards: the encoder memorises the errors of the folds
- two or three encoders in one model: lower log-loss, the same accuracy, twice the time
- training the encoder again on train and valid together: better with many classes, worse on small data sets
- masked-token pretraining on the training texts; R-Drop
- keeping upper and lower case in the n-grams; n-grams of characters across the borders of words: better on one data
  set, worse on another
- triples of words; texts of 512 tokens for the encoder on IMDB"""


def write(output: Path, docs: Path, seeds: Sequence[int]) -> None:
    """Writes accuracy.md and pictures/accuracy.png into `docs`; nothing but a word where nothing is measured."""
    measured = {data: rows_of(output, data, seeds) for data in DATA}
    rows = {data: of_data for data, of_data in measured.items() if of_data}
    if not rows:
        print(f"There is no result in {output}.")
        return
    (docs / "pictures").mkdir(parents=True, exist_ok=True)
    draw(rows).savefig(docs / "pictures" / "accuracy.png")
    (docs / "accuracy.md").write_text(page(rows, seeds), encoding="utf-8")
    print(f"{docs / 'accuracy.md'} and {docs / 'pictures' / 'accuracy.png'} are written.")


def page(rows: Rows, seeds: Sequence[int]) -> str:
    """accuracy.md."""
    absent, none_kept = missing(rows, seeds), [data for data in rows if not has_experiment(data)]
    parts = [
        "# Accuracy compared with the usual baselines",
        surroundings(rows),
        MAIN,
        main_table(rows),
        f"No experiment is kept for {', '.join(none_kept)}." if none_kept else "",
        "Not measured yet:\n\n" + "\n".join(f"- {line}" for line in absent) if absent else "",
        PICTURE,
        "## Every method",
        KINDS,
        EVERY,
        full_table(rows),
        "## Means over the data sets",
        means_table(rows),
        "## Tried and not adopted",
        TRIED,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def surroundings(rows: Rows) -> str:
    """The command; and when, on what and of which commits everything was measured."""
    places = [one.surroundings for of_data in rows.values() for row in of_data.values() for one in row.results]

    def of_all(field: str) -> str:
        return ", ".join(sorted({str(getattr(place, field)) for place in places}))

    return (
        f"Measured on {of_all('date')}, commit {of_all('commit')}, with Python {of_all('python')} on "
        f"{of_all('cores')} cores of {of_all('processor')}, by\n\n"
        "```bash\nCLASSIFIER_DATA=<folder> python benchmarks/accuracy.py\n```"
    )


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """In Markdown; every column but the first is set to the right."""
    cells = [head, ["---", *["---:"] * (len(head) - 1)], *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def main_table(rows: Rows) -> str:
    """A line for each data set, and the means over those that have everything in it."""
    head = ["data", "best baseline", "linear SVC", "ours, defaults", "difference (95 %)", "ours, kept experiment"]
    lines = []
    for data, of_data in rows.items():
        best = best_baseline(of_data)
        told = f"{BASELINES[best]} {accuracy(of_data, best)}" if best else "–"
        svc, ours, kept = (accuracy(of_data, method) for method in ("linear_svc", "ours", "ours_experiment"))
        lines.append([data, told, svc, ours, signed_difference(of_data), kept])
    return table(head, [*lines, *mean_line(rows)])


def accuracy(of_data: dict[str, Row], method: str) -> str:
    """With the standard deviation over the seeds, if there are several; a dash where nothing is measured."""
    if method not in of_data:
        return "–"
    value, deviation = of_data[method].value("accuracy"), of_data[method].deviation("accuracy")
    return f"{value:.3f}" + ("" if np.isnan(deviation) else f" ± {deviation:.3f}")


def signed_difference(of_data: dict[str, Row]) -> str:
    """Of ours and the best baseline, with its interval."""
    found = difference(of_data)
    return f"{found[0]:+.3f} ({found[1].low:+.3f} to {found[1].high:+.3f})" if found else "–"


def mean_line(rows: Rows) -> list[list[str]]:
    """The last line of the main table, over the data sets that have all methods but the kept experiment, if any do."""
    whole = [rows[data] for data in complete(rows)]
    if not whole:
        return []

    def mean(methods: Sequence[str | None]) -> float:
        present = zip(whole, methods, strict=True)
        return float(
            np.mean([row.value("accuracy") if (row := one.get(method or "")) else np.nan for one, method in present])
        )

    best = mean([best_baseline(of_data) for of_data in whole])
    svc, ours, kept = (mean([method] * len(whole)) for method in ("linear_svc", "ours", "ours_experiment"))
    experiment = "–" if np.isnan(kept) else f"{kept:.3f}"
    return [[f"mean of {len(whole)}", f"{best:.3f}", f"{svc:.3f}", f"{ours:.3f}", f"{ours - best:+.3f}", experiment]]


def full_table(rows: Rows) -> str:
    """A line for each method of each data set."""
    lines = []
    for data, of_data in rows.items():
        highest = max(row.value("accuracy") for row in of_data.values())
        for method, row in of_data.items():
            told = with_interval(row, "accuracy", bold=row.value("accuracy") == highest)
            costs = [amount(row.mean(field)) for field in COSTS]
            lines.append([data, METHODS[method], told, with_interval(row, "macro_f1"), *costs, settings(row)])
    return table(["data", "method", "accuracy", "macro F1", *COSTS.values(), "settings"], lines)


def with_interval(row: Row, metric: str, *, bold: bool = False) -> str:
    """The value and the ends of its 95 % interval."""
    interval, value = row.interval(metric), f"{row.value(metric):.3f}"
    return f"{f'**{value}**' if bold else value} ({interval.low:.3f}–{interval.high:.3f})"


def amount(value: float) -> str:
    """Seconds or MB; two digits of small values, a dash for nothing.

    >>> amount(0.0123), amount(1234.5)
    ('0.012', '1,234')
    """
    return "–" if not value else f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def settings(row: Row) -> str:
    """What validation chose, or the overrides of ours without the seed."""
    words = [word for word in row.results[0].settings.split() if not word.startswith("seed=")]
    return f"`{' '.join(words)}`" if words else "–"


def means_table(rows: Rows) -> str:
    """A line for each method, over the data sets that have all methods but the kept experiment."""
    whole = complete(rows)
    lines = []
    for method, label in METHODS.items():
        of_method = [rows[data][method] for data in whole if method in rows[data]]
        if of_method and len(of_method) == len(whole):
            scores = [f"{np.mean([row.value(name) for row in of_method]):.3f}" for name in ("accuracy", "macro_f1")]
            costs = [amount(float(np.mean([row.mean(field) for row in of_method]))) for field in COSTS]
            lines.append([label, *scores, *costs])
    if not lines:
        return "No data set has all methods yet."
    return f"Over {', '.join(whole)}.\n\n{table(['method', 'accuracy', 'macro F1', *COSTS.values()], lines)}"
