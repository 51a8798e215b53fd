"""Ranges of numbers, as metadata of fields, or by name for the arguments of classes that YAML files choose."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from classifier.errors import UserError

MOST = 2**31 - 1  # upper bound of counts without any other limit


@dataclass(frozen=True, slots=True)
class Bounds:
    """A range of numbers; a limit of None is not applied."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def __contains__(self, value: float) -> bool:
        return (
            (isinstance(value, int) or math.isfinite(value))
            and (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )

    def __str__(self) -> str:
        """Describes the range in words, such as `at least 0 and below 1`."""
        named = {name: getattr(self, name) for name in ("at_least", "above", "at_most", "below")}
        limits = [f"{name.replace('_', ' ')} {limit:,g}" if limit < 1e6 else f"{name.replace('_', ' ')} {limit:,}"
                  for name, limit in named.items() if limit is not None]  # fmt: skip
        return " and ".join(limits) or "a finite number"


COUNT, SIZE = Bounds(at_least=0, at_most=MOST), Bounds(at_least=1, at_most=MOST)
SEED = Bounds(at_least=0, at_most=2**32 - 1)  # range of NumPy's seeds
SHARE = Bounds(at_least=0, below=1)
FOLDS = Bounds(at_least=2, at_most=100)
ALL_OR_LESS = Bounds(at_least=0, at_most=1)
OPEN_FRACTION = Bounds(above=0, below=1)
POSITIVE, NOT_NEGATIVE = Bounds(above=0, at_most=1e9), Bounds(at_least=0, at_most=1e9)

# Arguments of the classes that YAML files name in `_target_`; numbers with other names must be finite.
ARGUMENTS = {
    "beta_1": SHARE,
    "beta_2": SHARE,
    "dropout": SHARE,
    "epsilon": OPEN_FRACTION,
    "global_clipnorm": POSITIVE,
    "num_heads": Bounds(at_least=1, at_most=1024),
    "learning_rate": Bounds(above=0, at_most=1000),
    "max_tokens": Bounds(at_least=1, at_most=100_000),
    "min_frequency": SIZE,
    "momentum": SHARE,
    "rho": SHARE,
    "vocabulary_size": Bounds(at_least=3, at_most=10_000_000),
    "weight_decay": SHARE,
    "window": Bounds(at_least=1, at_most=100_000),
}


def number(default: Any, bounds: Bounds) -> Any:
    """Creates a field of a settings dataclass for a number or None."""
    return field(default=default, metadata={"bounds": bounds})


def check_bounds(settings: Any) -> None:
    """Checks that every number is within its range.

    Raises:
        UserError: if a number is out of range; the message names the key and the range.
    """
    for key, value, bounds in numbers(settings):
        if value not in bounds:
            raise UserError(f"{key}={shortened(value)} must be {bounds}.")


def numbers(settings: Any, prefix: str = "") -> Iterator[tuple[str, Any, Bounds]]:
    """Yields key, value and range of every number in a settings dataclass; None is skipped."""
    for setting in fields(settings):
        key, value = f"{prefix}{setting.name}", getattr(settings, setting.name)
        if is_dataclass(value):
            yield from numbers(value, f"{key}.")
        elif isinstance(value, dict) and "_target_" in value:
            for name, argument in value.items():
                if is_number(argument):
                    yield f"{key}.{name}", argument, ARGUMENTS.get(name, Bounds())
        elif is_number(value):
            yield key, value, setting.metadata.get("bounds", Bounds())


def shortened(value: float) -> str:
    """Formats a number as given; a very long integer as a power of 10, because Python cannot print it."""
    return (
        str(value) if abs(value) < 10**30 or not isinstance(value, int) else f"about 10^{int(math.log10(abs(value)))}"
    )


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
