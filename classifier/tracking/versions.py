"""Which code and which packages made a run."""

import hashlib
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# Rooms and modules that cannot change what a training learns. All others count, so a new one is never forgotten.
WITHOUT_EFFECT = frozenset({
    *("command_line", "comparison", "drawing", "explanation", "scoring", "sweeps", "tracking"),
    *("train.py", "evaluate.py", "score.py", "explain.py", "compare.py", "promote.py", "publish.py"),
    *("__main__.py", "estimator.py", "interruption.py", "progress.py", "terminal.py"),
})  # fmt: skip
PACKAGES = (
    "tensorflow",
    "keras",
    "keras-nlp",
    "mlflow",
    "scikit-learn",
    "hydra-core",
    "numpy",
    "pyarrow",
    "matplotlib",
)


def code_version() -> dict[str, str]:
    """Git commit of this package and whether it has changes, as tags; nothing where it is not in a checkout."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(PACKAGE), *arguments], capture_output=True, text=True, timeout=10)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        commit = git("rev-parse", "HEAD")
        dirty = bool(git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return {"mlflow.source.git.commit": commit, "git.dirty": str(dirty).lower()} if commit else {}


def package_versions() -> dict[str, str]:
    """Installed versions of Python and of the packages that results depend on."""
    return {"python": sys.version.split()[0], **{name: metadata.version(name) for name in PACKAGES}}


def code_hash(package: Path = PACKAGE) -> str:
    """A hash of the code that decides what a training learns, and of the versions of what it computes with."""
    files = (file.relative_to(package) for file in package.rglob("*.py"))
    sources = hashlib.sha256()
    for file in sorted(file for file in files if file.parts[0] not in WITHOUT_EFFECT):
        sources.update(str(file).encode() + (package / file).read_bytes())
    for name in ("tensorflow", "keras", "numpy", "scikit-learn"):
        sources.update(f"{name}={metadata.version(name)}".encode())
    return sources.hexdigest()[:16]
