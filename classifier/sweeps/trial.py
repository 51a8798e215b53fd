"""A trial before it is run: its overrides, settings, identity and a short name."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from classifier.settings import TrainSettings

SHORT = {"learning_rate": "lr", "weight_decay": "decay", "batch_size": "batch"}
NAME_LENGTH = 120  # characters of a trial's name


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


def short_name(values: Mapping[str, str]) -> str:
    """Formats values with keys that are as short as possible but distinct.

    >>> short_name({"encoder.depth": "2", "optimizer.learning_rate": "0.00030000001"})
    'depth=2 lr=3e-4'
    """
    last = [key.rpartition(".")[2] for key in values]
    names = [
        SHORT.get(short, short) if last.count(short) == 1 else key for key, short in zip(values, last, strict=True)
    ]
    parts = [f"{name}={short_value(value)}" for name, value in zip(names, values.values(), strict=True)]
    name = " ".join(parts)
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…"


def short_value(value: str) -> str:
    """Formats a number with three digits, and any other value unchanged."""
    if "." in value or "e" in value.lower():
        with suppress(ValueError):
            plain = f"{float(value):.3g}"
            mantissa, _, exponent = f"{float(value):.2e}".partition("e")
            scientific = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
            return min(plain, scientific, key=len)
    return value
