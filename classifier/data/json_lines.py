"""JSON Lines files -> rows: one object a line."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from classifier.data.files import AnyPath
from classifier.data.lines import line_problem, read_lines, readable
from classifier.data.row import Row
from classifier.errors import UserError

LOOKAHEAD = 1000  # rows in which a column must occur to count as one that the file has


def read_json_lines(path: AnyPath, encoding: str) -> Iterator[Row]:
    first = True
    for number, line in enumerate(read_lines(path, encoding), 1):
        if line.isspace():
            continue
        if first:
            _refuse_one_document(path, number, line)
            first = False
        values, problem = _parsed(line, encoding)
        yield Row(number, values, problem)


def json_columns(path: AnyPath, encoding: str) -> list[str]:
    """The keys of the first rows, in the order in which they turn up."""
    return list(dict.fromkeys(key for row in islice(read_json_lines(path, encoding), LOOKAHEAD) for key in row.values))


def _refuse_one_document(path: AnyPath, number: int, line: str) -> None:
    start = line.strip()
    if start in ("[", "{") or start.replace(" ", "").startswith("[{"):
        raise UserError(
            f"{path}:{number}: the file is one JSON document, not one object a line. "
            f"Write it as JSON Lines, for example with: jq -c '.[]' {path}"
        )


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
