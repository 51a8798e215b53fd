"""Settings as they would be typed on the command line."""

from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum
from typing import Any

from classifier.settings.training import TrainSettings

UNDECIDING = ("trainer.resume", "experiment")  # as tracking, sweep and export: they change nothing of what is learned


def as_overrides(settings: TrainSettings, choices: Mapping[str, str]) -> dict[str, str]:
    """Every setting that decides the result, by its name on the command line, as it would be typed there.

    Args:
        settings: to flatten; tracking, sweeping, resuming and export decide nothing.
        choices: the chosen file of each folder.
    """
    typed = {
        folder: choice for folder, choice in choices.items() if choice and not folder.startswith(("hydra", "sweep"))
    }

    def add(key: str, value: Any) -> None:
        if isinstance(value, dict) and key != "trainer.class_weights":
            for name, inner in value.items():
                add(f"{key}.{name}" if key else name, inner)
        elif (
            not key.startswith(("tracking.", "export.", "sweep."))
            and not key.endswith("._target_")
            and key not in UNDECIDING
        ):
            typed[key] = as_typed(value)

    add("", asdict(settings))
    return typed


def as_typed(value: Any) -> str:
    """A value in Hydra's grammar.

    >>> as_typed(None), as_typed(True), as_typed(["a", 2]), as_typed({"spam": 2.0})
    ('null', 'true', '[a,2]', '{spam:2.0}')
    """
    if value is None:
        return "null"
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{as_typed(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(as_typed(inner) for inner in value) + "]"
    return str(value)
