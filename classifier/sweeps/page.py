"""A sweep as one page that needs nothing beside it: its figures, its best trial, its table, its pictures."""

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from classifier.command_line import write_whole
from classifier.sweeps.objective import ranked
from classifier.sweeps.pictures import pictures
from classifier.sweeps.table import SHOWN, number
from classifier.tracking.sweeps import Kept

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
        *best_lines(ranked(trials, objectives), objectives),
        '<div class="pictures">',
        *images,
        "</div><h2>Trials</h2>",
        *table_lines(trials, objectives),
    ]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Sweep {escape(name)}</title>'
    write_whole(folder / "sweep.html", f"{head}<style>{STYLE}</style>\n" + "\n".join(body) + "\n")


def best_lines(best: Sequence[Kept], objectives: Sequence[str]) -> Iterable[str]:
    """What was found."""
    if not best:
        yield "<p>No trial has finished.</p>"
        return
    values = ", ".join(f"{name} {number(best[0].metrics.get(name))}" for name in objectives)
    yield f"<p>Best: #{best[0].number} <b>{escape(best[0].name)}</b>, {escape(values)}.</p>"
    yield f"<p><code>python -m classifier.train {escape(' '.join(best[0].overrides))}</code></p>"


def table_lines(trials: Sequence[Kept], objectives: Sequence[str]) -> Iterable[str]:
    """All trials, the best first."""
    order = [*ranked(trials, objectives)]
    order += [trial for trial in trials if trial not in order]
    columns = [
        name
        for name in dict.fromkeys([*objectives, *SHOWN, "parameters", "latency_ms"])
        if any(name in trial.metrics for trial in trials)
    ]
    yield '<div class="scroll"><table><tr>'
    yield "".join(f"<th>{escape(name)}" for name in ("trial", "name", "status", *columns, "seconds", "reason"))
    for trial in order:
        status = trial.status.lower()
        numbers = [number(trial.metrics.get(name)) for name in columns] + [f"{trial.metrics.get('seconds', 0):,.0f}"]
        yield f'<tr><td class="number">{trial.number}<td>{escape(trial.name)}<td class="{status}">{status}'
        yield "".join(f'<td class="number">{value}' for value in numbers) + f"<td>{escape(trial.reason)}"
    yield "</table></div>"
