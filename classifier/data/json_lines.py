"""Reads rows from JSON files: one object per line, or a single document such as `[{...}, {...}]`."""

import json
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from classifier.data.files import AnyPath
from classifier.data.lines import line_problem, read_lines, readable
from classifier.data.row import Row
from classifier.errors import UserError

LOOKAHEAD = 1000  # rows that are searched for the columns of a file
DEPTH = 8  # of nested objects that are searched for columns
CHUNK = 2**16  # characters of a document that are read at a time; more only if an object is longer
LONGEST_OBJECT = 2**24  # characters
_BETWEEN = re.compile(r"[\s,]*")


def read_json(path: AnyPath, encoding: str) -> Iterator[Row]:
    """Yields the rows of JSON Lines or of a document, depending on the first line."""
    lines = read_lines(path, encoding)
    for number, line in enumerate(lines, 1):
        if not line.isspace():
            read = _read_document if _begins_document(line) else _read_lines
            yield from read(path, chain([line], lines), number, encoding)


def json_columns(path: AnyPath, encoding: str) -> list[str]:
    """Returns the keys of the first rows in order of appearance, with the keys of nested objects as `outer.inner`."""
    rows = islice(read_json(path, encoding), LOOKAHEAD)
    return list(dict.fromkeys(key for row in rows for key in _keys(row.values, DEPTH)))


def _keys(values: dict[str, Any], depth: int) -> Iterator[str]:
    for key, value in values.items():
        yield key
        if depth and isinstance(value, dict):
            yield from (f"{key}.{inner}" for inner in _keys(value, depth - 1))


def _read_lines(path: AnyPath, lines: Iterator[str], number: int, encoding: str) -> Iterator[Row]:
    for place, line in enumerate(lines, number):
        if not line.isspace():
            yield _row(place, line, encoding)


def _begins_document(line: str) -> bool:
    start = line.strip()
    if start in ("[", "{", "[]") or start.replace(" ", "").startswith("[{"):
        return True
    try:
        json.loads(start)
    except json.JSONDecodeError as error:
        return start.startswith("{") and start.endswith((",", ":", "{", "[")) and error.pos >= len(start)
    except (ValueError, RecursionError):
        return False
    return False


def _read_document(path: AnyPath, lines: Iterator[str], number: int, encoding: str) -> Iterator[Row]:
    """Yields the objects of a document one by one; a document without line breaks is held in memory as text.

    Raises:
        UserError: if an object cannot be read, because it is unknown where the next object begins.
    """
    decoder = json.JSONDecoder()
    text = next(lines).lstrip()
    array = text.startswith("[")
    place = int(array)
    while True:
        begin = _BETWEEN.match(text, place).end()  # type: ignore[union-attr]  # it also matches the empty string
        number += text.count("\n", place, begin)
        place = begin
        if array and text.startswith("]", place):
            break
        try:
            _, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            rest = text[place:]
            more = "" if len(rest) > LONGEST_OBJECT else "".join(_some(lines, max(CHUNK, len(rest))))
            if not more and not rest and not array:
                return
            if not more:
                raise _broken(path, number, text, place, error) from None
            text, place = rest + more, 0
            continue
        yield _row(number, text[place:end], encoding)
        number += text.count("\n", place, end)
        place = end
    if after := "".join(chain([text[place + 1 :]], lines)).strip():
        raise UserError(f"{path}:{number}: something follows after the end of the JSON array: {after[:40]!r}.")


def _some(lines: Iterator[str], characters: int) -> Iterator[str]:
    for line in lines:
        yield line
        characters -= len(line)
        if characters <= 0:
            return


def _broken(path: AnyPath, number: int, text: str, place: int, error: Exception) -> UserError:
    if place == len(text):
        return UserError(f"{path} is damaged or cut short: its JSON array has no closing bracket.")
    reason = "an object is nested too deeply, or too long"
    if isinstance(error, json.JSONDecodeError):
        reason = error.msg
        number += text.count("\n", place, error.pos)
    return UserError(
        f"{path}:{number}: the JSON document cannot be read from here on ({reason}). Repair it, or write it as one "
        "object per line, so that a broken row does not affect the others."
    )


def _row(number: int, text: str, encoding: str) -> Row:
    values, problem = _parsed(text, encoding)
    return Row(number, values, problem)


def _parsed(line: str, encoding: str) -> tuple[dict[str, Any], str]:
    problem = line_problem(line, encoding)
    try:
        values = json.loads(readable(line) if problem else line)
    except json.JSONDecodeError as error:
        return {}, problem or f"the row is not valid JSON: {error.msg.removesuffix(' at')} at character {error.pos + 1}"
    except (ValueError, RecursionError):  # a number of thousands of digits; a thousand brackets
        return {}, problem or "the row is not JSON that can be read: a number too long, or nested too deeply"
    if not isinstance(values, dict):
        return {}, problem or f"the row is a JSON {_JSON_NAMES.get(type(values), 'number')}, not an object"
    return values, problem


_JSON_NAMES: dict[type, str] = {list: "array", str: "string", bool: "boolean", type(None): "null"}
