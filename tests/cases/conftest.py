"""Complete commands on inputs that once failed, stored in a folder next to the repository; skipped if it is missing.

`python -m pytest -m cases` runs them; the default run skips them, because each also has a small test elsewhere.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "cases"
TINY = ("encoder=tiny", "trainer.epochs=1")


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cases)


@pytest.fixture
def case() -> Callable[[str], Path]:
    """Returns the folder of a case by its name; skips the test if it is missing."""

    def find(name: str) -> Path:
        folder = CASES / name
        if not folder.is_dir():
            pytest.skip(f"there is no {name} in a folder shared/cases next to the repository")
        return folder

    return find


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `python -m classifier.<command>` in an empty folder, or in `cwd=`."""

    def command(name: str, *arguments: str, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"classifier.{name}", *arguments],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT), "MLFLOW_DISABLE_TELEMETRY": "true"},
            capture_output=True,
            text=True,
            timeout=600,
        )

    return command
