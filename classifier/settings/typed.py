"""Formats settings as they are typed on the command line."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum
from typing import Any

from classifier.settings.training import PretrainedSettings, TrainSettings

PLAIN = re.compile(r"[A-Za-z0-9_./@*?|%+-]+")  # a string of these characters needs no quotes
NOT_TEXT = re.compile(
    r"null|true|false|[+-]?(nan|inf|[0-9._]+(e[+-]?[0-9_]+)?)", re.IGNORECASE
)  # strings that Hydra would read as another type
SPECIAL, ESCAPED = re.compile(r"[\\()\[\]{}:=, \t]"), r"\\\g<0>"  # in the key of a dictionary
IRRELEVANT = ("trainer.resume", "recipe")  # like tracking, sweep and export, they do not affect the trained model


def used(settings: TrainSettings) -> dict[str, Any]:
    """Returns the settings as a dictionary, without the attention if a pretrained encoder brings its own."""
    values = asdict(settings)
    if isinstance(settings.encoder, PretrainedSettings):
        del values["attention"]
    return values


def as_overrides(settings: TrainSettings, choices: Mapping[str, str]) -> dict[str, str]:
    """Returns every setting that affects the result, by key, with its value as typed on the command line.

    Args:
        settings: settings to flatten; those of tracking, sweeps, resuming and export are skipped.
        choices: the chosen file of each folder.
    """
    values = used(settings)
    typed = {folder: choice for folder, choice in choices.items() if choice and folder in values}

    def add(key: str, value: Any) -> None:
        if isinstance(value, dict) and key != "trainer.class_weights":
            for name, inner in value.items():
                add(f"{key}.{name}" if key else name, inner)
        elif (
            not key.startswith(("tracking.", "export.", "sweep."))
            and not key.endswith("._target_")
            and key not in IRRELEVANT
        ):
            typed[key] = as_typed(value)

    add("", values)
    return typed


def as_typed(value: Any) -> str:
    """Formats a value in Hydra's grammar, such that Hydra parses the same value.

    >>> as_typed(None), as_typed(True), as_typed(["a", 2]), as_typed({"spam": 2.0})
    ('null', 'true', '[a,2]', '{spam:2.0}')
    >>> as_typed("a, b.csv"), as_typed("true"), as_typed("Größe")
    ("'a, b.csv'", "'true'", "'Größe'")
    """
    if value is None:
        return "null"
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{SPECIAL.sub(ESCAPED, str(name))}:{as_typed(item)}" for name, item in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(as_typed(inner) for inner in value) + "]"
    if isinstance(value, str) and (not PLAIN.fullmatch(value) or NOT_TEXT.fullmatch(value)):
        return quoted(value)
    return str(value)


def quoted(text: str, mark: str = "'") -> str:
    """Quotes a string in Hydra's grammar, in which a backslash is special only before a quote and before `${`.

    Args:
        text: any string.
        mark: quotation mark.

    >>> quoted("it's, here")
    "'it\\\\'s, here'"
    """
    special = rf"(\\*)({mark}|\$\{{|$)"
    escaped = re.sub(special, lambda found: 2 * found[1] + ("\\" + found[2] if found[2] else ""), text)
    return f"{mark}{escaped}{mark}"


def on_command_line(key: str, value: str) -> str:
    """Formats an override with a string value, quoted for Hydra and then for the shell.

    >>> print(on_command_line("data.text", "Größe"))
    'data.text="Größe"'
    """
    return shlex.quote(f"{key}={quoted(value, chr(34))}")
