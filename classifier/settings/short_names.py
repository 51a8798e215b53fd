"""Short names of runs: the settings that matter, with keys that are as short as possible."""

from collections.abc import Mapping
from contextlib import suppress

SHORT = {"learning_rate": "lr", "weight_decay": "decay", "batch_size": "batch"}
NAME_LENGTH = 120  # characters of a name


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
    return cut(" ".join(parts))


def short_value(value: str) -> str:
    """Formats a number with three digits, and any other value unchanged."""
    if "." in value or "e" in value.lower():
        with suppress(ValueError):
            plain = f"{float(value):.3g}"
            mantissa, _, exponent = f"{float(value):.2e}".partition("e")
            scientific = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
            return min(plain, scientific, key=len)
    return value


def cut(name: str) -> str:
    """Cuts a name to NAME_LENGTH characters."""
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…"
