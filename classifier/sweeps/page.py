"""A sweep as one page that needs nothing beside it: its figures, its best trial, its table, its pictures."""

import base64
import io
import shlex
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from classifier.files import write_text
from classifier.sweeps.objective import ranked
from classifier.sweeps.pictures import pictures
from classifier.sweeps.table import best_first, metric_columns, number, result_lines
from classifier.sweeps.trial import split_override
from classifier.tracking.kept_trials import Kept

MORE = ("parameters", "latency_ms")  # columns of the page that a terminal has no room for
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; font-size: 13px } td, th { padding: .25rem .6rem; text-align: left }
th { border-bottom: 1px solid #777; white-space: nowrap } tr:nth-child(even) td { background: #f6f6f6 }
td.number { text-align: right; font-variant-numeric: tabular-nums } .scroll { overflow-x: auto }
.pruned { color: #a66a00 } .failed, .killed { color: #d55e00 }
img { max-width: 100%; height: auto } .pictures { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start }
.pictures img { flex: 1 1 26rem; max-width: 44rem; min-width: 0 } code { background: #f2f2f2; padding: .1rem .3rem }
"""


def write_page(folder: Path, name: str, trials: Sequence[Kept], keys: Sequence[str], objectives: Sequence[str]) -> None:
    """Writes the pictures as PNG files and sweep.html, which holds them too."""
    images = []
    for title, figure in pictures(trials, keys, objectives).items():
        file = io.BytesIO()
        figure.savefig(file, format="png")
        (folder / f"{title}.png").write_bytes(file.getvalue())
        images.append(f'<img alt="{title}" src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">')
    body = [
        f"<h1>Sweep {escape(name)}</h1>",
        *best_lines(trials, objectives),
        '<div class="pictures">',
        *images,
        "</div>",
        *tables(trials, objectives),
    ]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Sweep {escape(name)}</title>'
    write_text(folder / "sweep.html", f"{head}<style>{STYLE}</style>\n" + "\n".join(body) + "\n")


def best_lines(trials: Sequence[Kept], objectives: Sequence[str]) -> Iterable[str]:
    """What was found, and the line that trains it."""
    for line in result_lines(trials, objectives):
        yield f"<p>{escape(line)}.</p>"
    if best := ranked(trials, objectives):
        wanted = [one for one in best[0].overrides if split_override(one)[0] != "trainer.validation_only"]
        single = ["hydra.mode=RUN"] if any(one.startswith("recipe=") for one in wanted) else []
        yield f"<p><code>{escape(shlex.join(['python', '-m', 'classifier.train', *single, *wanted]))}</code></p>"


def tables(trials: Sequence[Kept], objectives: Sequence[str]) -> Iterable[str]:
    """All trials, the best first, and apart from them the refits."""
    order, refits, _ = best_first(trials, objectives)
    for title, rows in (("Trials", order), ("Refits of the best", refits)):
        if rows:
            yield f"<h2>{title}</h2>"
            yield from table_lines(rows, metric_columns(rows, objectives, MORE))


def table_lines(trials: Sequence[Kept], columns: Sequence[str]) -> Iterable[str]:
    """A row a trial."""
    yield '<div class="scroll"><table><tr>'
    yield "".join(f"<th>{escape(name)}" for name in ("trial", "name", "status", *columns, "seconds", "reason"))
    for trial in trials:
        status = trial.status.lower()
        first = trial.number if trial.kind == "trial" else ""
        numbers = [number(trial.metrics.get(name)) for name in columns] + [f"{trial.metrics.get('seconds', 0):,.0f}"]
        yield f'<tr><td class="number">{first}<td>{escape(trial.name)}<td class="{status}">{status}'
        yield "".join(f'<td class="number">{value}' for value in numbers) + f"<td>{escape(trial.reason)}"
    yield "</table></div>"
