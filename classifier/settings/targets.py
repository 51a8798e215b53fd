"""Checks `_target_`: settings are data, and may only name classes of this project and Keras optimizers."""

from collections.abc import Iterator
from typing import Any

from classifier.errors import UserError

OPTIMIZERS = (
    *("Adadelta", "Adafactor", "Adagrad", "Adam", "Adamax", "AdamW", "Ftrl", "Lamb", "Lion", "Muon", "Nadam"),
    *("RMSprop", "SGD"),
)
KERAS = "keras.optimizers."
TARGET = "_target_"
INSTRUCTIONS = (
    "_args_",
    "_partial_",
    "_recursive_",
    "_convert_",
)  # other keys that Hydra interprets when it creates an object


def check_targets(settings: Any, choices: dict[str, set[str]]) -> None:
    """Checks that every named class is one of the choices, before anything is imported or called.

    Args:
        settings: the settings as plain dictionaries and lists.
        choices: the allowed classes by folder.

    Raises:
        UserError: for any other class or function; the message names the key and the choices.
    """
    for key, name, value in instructions(settings):
        folder = key.partition(".")[0]
        known = choices.get(folder, set()) if key == f"{folder}.{TARGET}" else set()
        if folder == "optimizer" and key == f"{folder}.{TARGET}":
            known = known | {f"{KERAS}{optimizer}" for optimizer in OPTIMIZERS}
        if name == TARGET and isinstance(value, str) and value in known:
            continue
        if not known:
            raise UserError(f"{key} is not an option: settings cannot name functions or classes here.")
        raise UserError(f"{key}={value}: choose from {', '.join(sorted(known))}.")


def instructions(value: Any, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yields key, name and value of all instructions to Hydra, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == TARGET or name in INSTRUCTIONS:
                yield f"{prefix}{name}", str(name), inner
            yield from instructions(inner, f"{prefix}{name}.")
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from instructions(inner, f"{prefix}{place}.")
