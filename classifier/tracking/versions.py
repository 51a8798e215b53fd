"""Which code and which packages made a run."""

import hashlib
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
DECIDING = ("attention", "data", "layers", "ngrams", "tokenizers", "training")  # what makes a model
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


def code_hash() -> str:
    """A hash of the code that decides what a training learns, and of the versions of what it computes with."""
    files = [file for part in DECIDING for file in (PACKAGE / part).rglob("*.py")] + [PACKAGE / "model.py"]
    sources = hashlib.sha256()
    for file in sorted(files):
        sources.update(str(file.relative_to(PACKAGE)).encode() + file.read_bytes())
    for name in ("tensorflow", "keras", "numpy", "scikit-learn"):
        sources.update(f"{name}={metadata.version(name)}".encode())
    return sources.hexdigest()[:16]
