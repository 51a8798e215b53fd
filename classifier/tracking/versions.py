"""Versions of the code and packages of a run."""

import hashlib
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# Packages and modules that cannot affect the trained model. All others are hashed, so that new modules are included.
WITHOUT_EFFECT = frozenset({
    *("command_line", "comparison", "drawing", "explanation", "scoring", "sweeps", "tracking"),
    *("train.py", "evaluate.py", "score.py", "explain.py", "compare.py", "promote.py", "publish.py"),
    *("clean.py", "decide.py", "audit.py", "auditing"),
    *("__main__.py", "estimator.py", "interruption.py", "leaving.py", "progress.py", "terminal.py"),
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
    """Returns the git commit and whether there are uncommitted changes as tags; empty outside a git repository."""

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
    """Returns the versions of Python and of the packages on which results depend."""
    return {"python": sys.version.split()[0], **{name: metadata.version(name) for name in PACKAGES}}


def code_hash(package: Path = PACKAGE) -> str:
    """Returns a hash of the code that affects the trained model, and of the versions of the numerical packages."""
    files = (file.relative_to(package) for file in package.rglob("*.py"))
    sources = hashlib.sha256()
    for file in sorted(file for file in files if file.parts[0] not in WITHOUT_EFFECT):
        sources.update(str(file).encode() + (package / file).read_bytes())
    for name in ("tensorflow", "keras", "numpy", "scikit-learn"):
        sources.update(f"{name}={metadata.version(name)}".encode())
    return sources.hexdigest()[:16]
