"""Measures what pruning and learning from earlier trials are worth: validation macro F1 by the seconds of a search.

CLASSIFIER_DATA=<folder> python benchmarks/search.py
CLASSIFIER_DATA=<folder> python benchmarks/search.py --trials 4 --data trec6 trainer.epochs=3      # a smaller one

Three searches over conf/recipe/search.yaml, with the same seeds: TPE with the median pruner, TPE without pruning
and random search without pruning. The first runs its number of trials; the other two get the seconds that it took
(or, with --same-trials, its number of trials). Writes docs/search.md and docs/pictures/search.png.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from classifier.drawing.style import BLUE, GREEN, VERMILION, canvas

ROOT = Path(__file__).parents[1]
OBJECTIVE = "valid.macro_f1"
CONTENDERS = {  # name -> sampler, pruner
    "TPE, pruned": ("tpe", "median"),
    "TPE, not pruned": ("tpe", "none"),
    "random, not pruned": ("random", "none"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="trec6")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--seeds", type=int, default=1, help="searches of each kind, with as many seeds of the sampler")
    parser.add_argument(
        "--same-trials", action="store_true", help="give the others as many trials, not as many seconds"
    )
    parser.add_argument("--folder", type=Path, default=Path("outputs/search"), help="of the searches; kept, continued")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    options, overrides = parser.parse_known_args()
    found = [
        {"seed": seed, **one} for seed in range(options.seeds) for one in compare_searches(options, seed, overrides)
    ]
    options.docs.joinpath("pictures").mkdir(parents=True, exist_ok=True)
    draw(found).savefig(options.docs / "pictures" / "search.png")
    (options.docs / "search.md").write_text(report(found, options, overrides))


def compare_searches(options: argparse.Namespace, seed: int, overrides: list[str]) -> list[dict[str, Any]]:
    """One search of each kind; the first sets the budget."""
    found, seconds = [], None
    for name, (sampler, pruner) in CONTENDERS.items():
        limit = [] if seconds is None or options.same_trials else [f"hydra.sweeper.timeout={seconds:.0f}"]
        trials = options.trials if seconds is None or options.same_trials else 1000
        one = search(options, name, [*overrides, *limit], sampler, pruner, seed, trials)
        seconds = seconds or one["seconds"]
        found.append(one)
    return found


def search(
    options: argparse.Namespace, name: str, overrides: list[str], sampler: str, pruner: str, seed: int, trials: int
) -> dict[str, Any]:
    """Runs one search in a folder of its own; returns its trials and its seconds."""
    folder = (options.folder / f"{sampler}-{pruner}-{seed}").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "result.json"
    if kept.exists():
        return json.loads(kept.read_text())
    began = time.monotonic()
    command = [sys.executable, "-m", "classifier.train", "recipe=search", f"data={options.data}"]
    command += [f"hydra.sweeper.{key}" for key in (f"sampler={sampler}", f"pruner={pruner}", f"seed={seed}")]
    command += [f"hydra.sweeper.n_trials={trials}", f"hydra.sweep.dir={folder / 'sweep'}", *overrides]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"}
    subprocess.run(command, cwd=folder, env=environment, check=False)
    result = {
        "name": name,
        "seconds": time.monotonic() - began,
        "trials": json.loads((folder / "sweep/report/trials.json").read_text()),
    }
    kept.write_text(json.dumps(result))
    return result


def best_by_time(result: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Seconds since the first trial at which a trial finished, and the best objective until then."""
    trials = [one for one in result["trials"] if one["status"] == "FINISHED" and OBJECTIVE in one["metrics"]]
    start = min((one["started"] for one in result["trials"]), default=0.0)
    ends = np.array([one["started"] - start + one["metrics"]["seconds"] for one in trials])
    order = np.argsort(ends)
    values = np.array([one["metrics"][OBJECTIVE] for one in trials])
    return ends[order], np.maximum.accumulate(values[order])


def draw(found: list[dict[str, Any]]):
    """Best validation F1 by minutes, a line for each search."""
    colours = dict(zip(CONTENDERS, (BLUE, GREEN, VERMILION), strict=True))
    with canvas(7, 4) as (figure, axes):
        for one in found:
            seconds, values = best_by_time(one)
            label = one["name"] if one["seed"] == 0 else None
            axes.step(seconds / 60, values, where="post", color=colours[one["name"]], label=label, marker=".")
        axes.set(title="Best trial so far", xlabel="minutes", ylabel=OBJECTIVE)
        axes.legend(loc="lower right")
    return figure


def report(found: list[dict[str, Any]], options: argparse.Namespace, overrides: list[str]) -> str:
    """The page for docs/."""
    command = f"python benchmarks/search.py --data {options.data} --trials {options.trials} --seeds {options.seeds}"
    command = " ".join([command, *["--same-trials"] * options.same_trials, *overrides])
    lines = [
        "# Searching with and without pruning\n",
        f"Best `{OBJECTIVE}` on {options.data} by time, measured on {date.today()} by "
        f"`CLASSIFIER_DATA=<folder> {command}` on {os.cpu_count()} cores, one search after the other. "
        "Validation alone; single searches vary. The first trials are the same for all, as one seed draws them.\n",
        "![Best trial by time](pictures/search.png)\n",
        "| search | seed | trials | pruned | failed | minutes | seconds a trial | best at half of the time | best |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in found:
        seconds, values = best_by_time(one)
        half = values[seconds <= one["seconds"] / 2]
        states = [trial["status"] for trial in one["trials"]]
        spent = [trial["metrics"]["seconds"] for trial in one["trials"] if "seconds" in trial["metrics"]]
        lines.append(
            f"| {one['name']} | {one['seed']} | {len(states)} | {states.count('PRUNED')} | {states.count('FAILED')} | "
            f"{one['seconds'] / 60:.0f} | {np.mean(spent):.0f} | {half[-1] if len(half) else float('nan'):.4f} | "
            f"{values[-1] if len(values) else float('nan'):.4f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
