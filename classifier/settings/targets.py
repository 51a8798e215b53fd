"""Settings are data: a class that they name is one of this project's choices, or an optimizer of Keras."""

from collections.abc import Iterator
from typing import Any

from classifier.errors import UserError

OPTIMIZERS = (
    *("Adadelta", "Adafactor", "Adagrad", "Adam", "Adamax", "AdamW", "Ftrl", "Lamb", "Lion", "Muon", "Nadam"),
    *("RMSprop", "SGD"),
)
KERAS = "keras.optimizers."
TARGET = "_target_"
INSTRUCTIONS = ("_args_", "_partial_", "_recursive_", "_convert_")  # what else Hydra obeys where it makes an object


def check_targets(settings: Any, choices: dict[str, set[str]]) -> None:
    """Refuses every class or function that is not one of the choices, before anything is imported or called.

    Args:
        settings: as plain dictionaries and lists.
        choices: the classes of each folder in which a file names one.

    Raises:
        UserError: naming the key and what there is to choose from.
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
    """Key, name and value of all that Hydra obeys, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == TARGET or name in INSTRUCTIONS:
                yield f"{prefix}{name}", str(name), inner
            yield from instructions(inner, f"{prefix}{name}.")
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from instructions(inner, f"{prefix}{place}.")
