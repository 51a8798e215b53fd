"""Measures what pruning and learning from earlier trials are worth: validation macro F1 by the seconds of a search.

    CLASSIFIER_DATA=<folder> python benchmarks/search.py
    CLASSIFIER_DATA=<folder> python benchmarks/search.py --trials 4 --data trec6 trainer.epochs=3      # a smaller one

Three searches over conf/recipe/search.yaml, with the same seeds: TPE with the median pruner, TPE without pruning and
random search without pruning. The first runs its number of trials; the other two get the seconds that it took. Writes
the marked block of docs/search.md, and docs/pictures/search.png.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from harness.machine import in_a_line
from harness.markdown import table, write_blocks
from harness.project import door
from harness.results import kept
from harness.workers import run
from matplotlib.figure import Figure

from classifier.drawing.style import BLUE, GREEN, VERMILION, canvas

OBJECTIVE = "valid.macro_f1"
CONTENDERS = {  # name: sampler, pruner, colour
    "TPE, pruned": ("tpe", "median", BLUE),
    "TPE, not pruned": ("tpe", "none", GREEN),
    "random, not pruned": ("random", "none", VERMILION),
}


def main() -> None:
    parser = door(__doc__, "search")
    parser.add_argument("--data", default="trec6")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--seeds", type=int, default=1, help="searches of each kind, with as many seeds of the sampler")
    options, overrides = parser.parse_known_args()
    results = []
    for seed in range(options.seeds):
        seconds = None
        for name, (sampler, pruner, _) in CONTENDERS.items():
            limits = ["n_trials=1000", f"timeout={seconds:.0f}"] if seconds else [f"n_trials={options.trials}"]
            keys = (f"sampler={sampler}", f"pruner={pruner}", f"seed={seed}", *limits)
            command = ["recipe=search", f"data={options.data}", *(f"hydra.sweeper.{key}" for key in keys), *overrides]
            folder = (options.output / f"{sampler}-{pruner}-{seed}").absolute()
            result = kept(folder, {"command": command}, partial(search, folder, command))
            seconds = seconds or result["found"]["seconds"]
            results.append({"name": name, "seed": seed, **result})
    draw(results).savefig(options.docs / "pictures" / "search.png")
    measured = f"On {options.data}. {in_a_line([one['machine'] for one in results])}"
    write_blocks(options.docs / "search.md", {"search": f"{measured}\n\n{table(list(map(row, results)))}"})


def search(folder: Path, command: list[str]) -> dict[str, Any]:
    """Runs a search in a folder of its own; its seconds and its trials, of which some may fail."""
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{folder.name}: see {folder / 'log.txt'}", flush=True)
    arguments = ["-m", "classifier.train", *command, f"hydra.sweep.dir={folder / 'sweep'}"]
    seconds = run(arguments, folder / "log.txt", check=False, cwd=folder).seconds
    return {"seconds": seconds, "trials": json.loads((folder / "sweep/report/trials.json").read_text())}


def best_by_time(found: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Seconds since the first trial at which a trial finished, and the best objective until then."""
    trials = [one for one in found["trials"] if one["status"] == "FINISHED" and OBJECTIVE in one["metrics"]]
    start = min((one["started"] for one in found["trials"]), default=0.0)
    ends = np.array([one["started"] - start + one["metrics"]["seconds"] for one in trials])
    order = np.argsort(ends)
    values = np.array([one["metrics"][OBJECTIVE] for one in trials])
    return ends[order], np.maximum.accumulate(values[order])


def draw(results: list[dict[str, Any]]) -> Figure:
    """Best validation F1 by minutes, a line for each search."""
    with canvas(7, 4) as (figure, axes):
        for one in results:
            seconds, values = best_by_time(one["found"])
            look = {"color": CONTENDERS[one["name"]][2], "label": one["name"] if one["seed"] == 0 else None}
            axes.step(seconds / 60, values, where="post", marker=".", **look)
        axes.set(title="Best trial so far", xlabel="minutes", ylabel=OBJECTIVE)
        axes.legend(loc="lower right")
    return figure


def row(result: dict[str, Any]) -> dict[str, object]:
    found = result["found"]
    seconds, values = best_by_time(found)
    half = values[seconds <= found["seconds"] / 2]
    states = [trial["status"] for trial in found["trials"]]
    spent = [trial["metrics"]["seconds"] for trial in found["trials"] if "seconds" in trial["metrics"]]
    return {
        "search": result["name"],
        "seed": result["seed"],
        "trials": len(states),
        **{status.lower(): states.count(status) for status in ("PRUNED", "FAILED")},
        "minutes": f"{found['seconds'] / 60:.0f}",
        "seconds a trial": f"{np.mean(spent):.0f}" if spent else "–",
        "best at half of the time": f"{half[-1]:.4f}" if len(half) else "–",
        "best": f"{values[-1]:.4f}" if len(values) else "–",
    }


if __name__ == "__main__":
    main()
