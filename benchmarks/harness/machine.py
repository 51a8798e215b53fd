"""What a measurement was made on, so that it can be repeated and compared."""

import os
import platform
import shlex
import sys
from collections.abc import Sequence
from datetime import date
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from classifier.start import cores
from classifier.tracking.versions import code_version

PACKAGES = ("tensorflow", "keras", "keras-nlp", "scikit-learn", "torch", "jax", "numpy")


def shown(argument: str) -> str:
    """An argument as it is shown: places outside the repository are of no interest to others.

    >>> shown("/environment/bin/python"), shown("/results"), shown("a b")
    ('<environment>/bin/python', '<folder>', "'a b'")
    """
    if not argument.startswith("/"):
        return shlex.quote(argument)
    return "<environment>/bin/python" if argument.endswith("/bin/python") else "<folder>"


def machine() -> dict[str, str]:
    """The facts, for the command that measures now."""
    data = ["CLASSIFIER_DATA=<folder>"] if os.environ.get("CLASSIFIER_DATA") else []
    typed = [*data, "python", f"benchmarks/{Path(sys.argv[0]).name}", *map(shown, sys.argv[1:])]
    versions = {one.metadata["Name"].lower(): one.version for one in distributions()}
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    processors = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    code = code_version()
    changes = " with changes" if code.get("git.dirty") == "true" else ""
    return {
        "command": " ".join(typed),
        "date": str(date.today()),
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {versions[name]}" for name in PACKAGES if name in versions),
        "processor": processors[0] if processors else platform.processor(),
        "cores": str(cores()),
        "load": f"{os.getloadavg()[0]:.1f}",
        "commit": code.get("mlflow.source.git.commit", "unknown")[:7] + changes,
    }


def in_a_line(machines: Sequence[dict[str, Any]]) -> str:
    """The facts of one or several measurements, for the page."""
    all_of = {fact: ", ".join(dict.fromkeys(one[fact] for one in machines)) for fact in machines[0]}
    commands = " and ".join(f"`{command}`" for command in dict.fromkeys(one["command"] for one in machines))
    return (
        f"Measured by {commands} on {all_of['date']}: Python {all_of['python']}, {all_of['packages']}; "
        f"{all_of['processor']}, {all_of['cores']} cores (load {all_of['load']} at the start), "
        f"commit {all_of['commit']}."
    )
