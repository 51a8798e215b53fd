"""What a measurement was made on, so that it can be repeated and compared."""

import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from harness.project import ROOT

PACKAGES = ("tensorflow", "keras", "keras-nlp", "scikit-learn", "torch", "jax", "numpy")


def machine() -> dict[str, Any]:
    """The facts, for the command that measures now."""
    data = ["CLASSIFIER_DATA=<folder>"] if os.environ.get("CLASSIFIER_DATA") else []
    typed = [*data, "python", f"benchmarks/{Path(sys.argv[0]).name}", *map(shlex.quote, sys.argv[1:])]
    versions = {one.metadata["Name"].lower(): one.version for one in distributions()}
    changed = git("status", "--porcelain", "--untracked-files=no", "--", "classifier", "conf", "benchmarks")
    return {
        "command": " ".join(typed),
        "date": str(date.today()),
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {versions[name]}" for name in PACKAGES if name in versions),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": f"{os.getloadavg()[0]:.1f}",
        "commit": git("rev-parse", "--short", "HEAD") + (" with changes" if changed else ""),
    }


def processor() -> str:
    """Its name in /proc/cpuinfo, if there is such a file."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def git(*arguments: str) -> str:
    """What git says in the project's folder; nothing if it fails."""
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def in_a_line(machines: Sequence[dict[str, Any]]) -> str:
    """The facts of one or several measurements, for the page."""
    all_of = {fact: ", ".join(dict.fromkeys(str(one[fact]) for one in machines)) for fact in machines[0]}
    commands = " and ".join(f"`{command}`" for command in dict.fromkeys(one["command"] for one in machines))
    return (
        f"Measured by {commands} on {all_of['date']}: Python {all_of['python']}, {all_of['packages']}; "
        f"{all_of['processor']}, {all_of['cores']} cores (load {all_of['load']} at the start), "
        f"commit {all_of['commit']}."
    )
