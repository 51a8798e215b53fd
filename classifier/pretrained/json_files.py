"""Reads the text and JSON files of a checkpoint; each mistake in them becomes a sentence with the path and the key."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from classifier.errors import UserError

MOST = 2**31 - 1  # upper bound of sizes
NAMES = {str: "a string", int: "an integer", bool: "true or false", dict: "an object", list: "a list"}
REQUIRED = object()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Converts errors of the file system.

    Raises:
        UserError: if the path cannot be read.
    """
    try:
        yield
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


def check_file(path: Path) -> None:
    """Raises UserError unless the path is a file; opening a pipe would wait forever."""
    with reading(path):
        if not path.is_file():
            raise UserError(f"{path} is not a file.")


def is_present(path: Path) -> bool:
    """Whether there is a file, or a link that leads nowhere, which must not be ignored."""
    with reading(path):
        return path.exists() or path.is_symlink()


def read_text(path: Path) -> str:
    """Reads a text file in UTF-8.

    Raises:
        UserError: if it cannot be read.
    """
    check_file(path)
    try:
        with reading(path):
            return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not valid UTF-8 at byte {error.start:,}.") from None


def read_object(path: Path) -> dict[str, Any]:
    """Reads a JSON file with an object.

    Raises:
        UserError: if it cannot be read, is damaged, or holds anything else.
    """
    text = read_text(path)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid JSON ({error}). Download the checkpoint again.") from None
    if not isinstance(found, dict):
        raise UserError(f"{path} is not a JSON object. Download the checkpoint again.")
    return found


def value_of(place: object, found: Mapping[str, Any], key: str, kind: type, default: Any = REQUIRED) -> Any:
    """Returns the value of a key, whose type is checked; null is valid only if it is the default.

    Raises:
        UserError: if the key is missing and has no default, or its value has another type.
    """
    value = found.get(key, default)
    if value is REQUIRED:
        raise UserError(f"{place} has no {key}.")
    if not isinstance(value, kind) and not (value is None and default is None):
        raise UserError(f"{place}: {key}={shown(value)} is not {NAMES[kind]}.")
    return value


def section(place: object, found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Returns the object at a key, and an empty one if it is missing or null."""
    return value_of(place, found, key, dict, None) or {}


def size_of(place: object, found: Mapping[str, Any], key: str, default: Any = REQUIRED) -> int:
    """Returns a size, an integer above 0.

    Raises:
        UserError: if the key is missing and has no default, or its value is not such a number.
    """
    value = found.get(key, default)
    if value is REQUIRED:
        raise UserError(f"{place} has no {key}.")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MOST:
        raise UserError(f"{place}: {key}={shown(value)} is not an integer between 1 and {MOST:,}.")
    return value


def shown(value: Any) -> str:
    """Formats a value as in JSON, shortened.

    >>> shown(None), shown("absolute"), shown({"bits": 4})
    ('null', 'absolute', '{"bits": 4}')
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
