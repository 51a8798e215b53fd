"""Which code and which packages made a run."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

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
        done = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), *arguments], capture_output=True, text=True, timeout=10
        )
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
