"""Exports without the clean process that checks them, which takes as long as a short training.

The check is tried by `test_export`, `test_cpp_loader` and `test_paths`, and by the training `whole` of `test_commands`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class Unchecked:
    """Takes the place of `classifier.artifact.export.CleanProcess`, and compares nothing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Unchecked":
        return self

    def __exit__(self, *problem: Any) -> None:
        pass

    def ask(self, texts: Any) -> None:
        pass

    def compare(self, expected: Any) -> None:
        pass


@contextmanager
def unchecked_exports() -> Iterator[None]:
    """Within the context, exported models are not checked."""
    from classifier.artifact import export
    from classifier.model.classifier_module import ClassifierModule
    from classifier.model.redecided import Redecided

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "CleanProcess", Unchecked)
        for module in (ClassifierModule, Redecided):
            patch.setattr(module, "answers", lambda module, texts: None)  # it would trace a graph again
        yield
