"""The changes of the code that affect the identity of a training."""

import shutil

import pytest

from classifier.tracking.versions import PACKAGE, WITHOUT_EFFECT, code_hash


@pytest.fixture
def package(tmp_path):
    """A copy of the package."""
    return shutil.copytree(PACKAGE, tmp_path / "classifier", ignore=shutil.ignore_patterns("__pycache__"))


def test_an_unlisted_package_counts(package):
    before = code_hash(package)
    (package / "new_room").mkdir()
    (package / "new_room" / "encoder.py").write_text("DEPTH = 3\n")
    assert code_hash(package) != before


def test_what_is_only_shown_does_not_count(package):
    before = code_hash(package)
    for name in WITHOUT_EFFECT:
        file = package / name if name.endswith(".py") else next((package / name).glob("*.py"))
        file.write_text(file.read_text() + "\n# changed\n")  # fails if a listed file does not exist
    assert code_hash(package) == before
