"""A trial before it is run: its overrides, settings and identity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from classifier.settings import TrainSettings


@dataclass(slots=True)
class Trial:
    """A training of a sweep."""

    number: int
    name: str
    overrides: tuple[str, ...]
    identity: str  # hash of settings, data and relevant code
    folder: str  # relative to the folder of the sweep
    settings: TrainSettings | None = None  # None if they are invalid
    problem: str = ""  # error message if the settings are invalid
    kind: str = "trial"  # or refit
    run_id: str = ""  # in MLflow, once it was started


def split_override(override: str) -> tuple[str, str]:
    """Returns the key without a plus, and the value."""
    key, _, value = override.partition("=")
    return key.lstrip("+"), value


def varying(trials: Iterable[Sequence[str]]) -> list[str]:
    """Returns the keys whose values differ between trials, or all keys of a single trial."""
    values: dict[str, set[str]] = {}
    count = 0
    for overrides in trials:
        count += 1
        for key, value in map(split_override, overrides):
            values.setdefault(key, set()).add(value)
    return [key for key, found in values.items() if len(found) > 1 or count == 1]
