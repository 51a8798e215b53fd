"""A data set, method and seed in a process of its own, with its seconds and its memory.

Nothing heavy is imported here: a measured process inherits the peak memory of the one that starts it.
"""

import argparse
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from comparison.results import BASELINES, Case, Result, Surroundings, write_result

BENCHMARKS = Path(__file__).parents[1]
MEASURED_CODE = ("classifier", "conf", "benchmarks/comparison")  # what a result depends on


def measure(case: Case, arguments: argparse.Namespace) -> Result | None:
    """Runs one process to its end and writes its result; None if it failed."""
    folder = arguments.output / case.name
    shutil.rmtree(folder, ignore_errors=True)  # what an interrupted process left
    folder.mkdir(parents=True)
    settings = overrides(case, arguments.overrides)
    given = command(case, settings, folder, arguments)
    code, seconds, peak_memory_mb = run(given, environment(case), folder / "log.txt")
    if code:
        return None
    told = of_baseline(folder) if case.method in BASELINES else of_ours(folder, settings)
    result = Result(
        data=case.data,
        method=case.method,
        seed=case.seed,
        wall_seconds=round(seconds, 2),
        peak_memory_mb=round(peak_memory_mb, 1),
        surroundings=surroundings(),
        **told,
    )
    write_result(folder, result)
    return result


def overrides(case: Case, further: list[str]) -> list[str]:
    """What a reader types behind `python -m classifier.train`; nothing for a baseline."""
    if case.method in BASELINES:
        return []
    choice = "recipe" if case.method == "ours_experiment" else "data"
    return [f"{choice}={case.data}", f"seed={case.seed}", *further]


def command(case: Case, settings: list[str], folder: Path, arguments: argparse.Namespace) -> list[str]:
    """The process; ours keeps its runs in the output folder, not among the user's own."""
    if case.method in BASELINES:
        seconds = f"--autotune-seconds={arguments.autotune_seconds}"
        return [sys.executable, "-m", "comparison.baselines", case.data, case.method, str(folder), seconds]
    places = [f"hydra.run.dir={folder}/run", f"tracking.uri=sqlite:///{arguments.output}/mlflow.db"]
    return [sys.executable, "-m", "classifier.train", *settings, *places]


def environment(case: Case) -> dict[str, str]:
    """Ours is left alone; a baseline has to find its module."""
    if case.method not in BASELINES:
        return dict(os.environ)
    paths = [str(BENCHMARKS), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def run(command: list[str], environment: dict[str, str], log: Path) -> tuple[int, float, float]:
    """Exit code, wall seconds and largest resident memory in MB; what the process says goes into the log."""
    with log.open("w") as file:
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, seconds, usage.ru_maxrss / 1024


def of_baseline(folder: Path) -> dict[str, Any]:
    """What the process of a baseline tells of itself."""
    return json.loads((folder / "measured.json").read_text())


def of_ours(folder: Path, settings: list[str]) -> dict[str, Any]:
    """The same of a run of ours."""
    summary = json.loads((folder / "run" / "summary.json").read_text())
    model = Path(summary["model"])
    return {
        "settings": shlex.join(settings),
        "choosing_seconds": 0.0,
        "training_seconds": summary["training_seconds"],
        "model_mb": sum(file.stat().st_size for file in model.rglob("*") if file.is_file()) / 2**20,
        "predictions": "run/report/test/predictions.parquet",
    }


def surroundings() -> Surroundings:
    """This day, commit and machine."""
    return Surroundings(
        date=str(date.today()),
        commit=commit(),
        python=platform.python_version(),
        processor=processor(),
        cores=os.cpu_count() or 0,
    )


def commit() -> str:
    """The short hash, and whether the code that is measured differs from it."""
    git = ["git", "-C", str(BENCHMARKS.parent)]
    head, changed = (
        subprocess.run([*git, *question], capture_output=True, text=True).stdout.strip()
        for question in (["rev-parse", "--short", "HEAD"], ["status", "--porcelain", "--", *MEASURED_CODE])
    )
    return (head or "unknown") + (" with changes" if changed else "")


def processor() -> str:
    """Its name, as the kernel tells it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()
