"""What a measurement was made on, so that it can be repeated and compared."""

import os
import platform
import subprocess
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGES = ("tensorflow", "keras", "keras-nlp", "torch", "jax", "numpy")


def machine(command: str) -> dict[str, Any]:
    """The facts, for the command that measures now."""
    return {
        "command": command,
        "date": str(date.today()),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := version_of(name))},
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "commit": commit(),
    }


def version_of(package: str) -> str | None:
    """Its version, or None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def processor() -> str:
    """Its name, as the kernel tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def commit() -> str:
    """The commit that is checked out, and whether the code of the package differs from it; empty without git."""
    head = git("rev-parse", "--short", "HEAD")
    changed = git("status", "--porcelain", "--untracked-files=no", "--", "classifier", "conf")
    return f"{head} with changes" if head and changed else head


def git(*arguments: str) -> str:
    """What git says in the project's folder; nothing where it fails."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def in_a_line(facts: dict[str, Any]) -> str:
    """The facts as they stand below a table."""
    packages = ", ".join(f"{name} {found}" for name, found in facts["packages"].items())
    load = "" if facts["load"] is None else f" (load {facts['load']:.1f} at the start)"
    revision = f", commit {facts['commit']}" if facts["commit"] else ""
    return (
        f"Measured by `{facts['command']}` on {facts['date']}: Python {facts['python']}, {packages}; "
        f"{facts['processor']}, {facts['cores']} cores{load}{revision}."
    )
