"""Converts values between CSV, JSON and Parquet."""

import base64
import json
import math
from datetime import date, time
from typing import Any

LARGEST_EXACT = 2**53  # integers up to this can be represented as floats
LARGEST = 2**63 - 1  # largest 64-bit integer


def as_text(value: Any) -> str:
    """Formats a value as a cell of CSV or TSV: lists and objects as JSON, missing values as "".

    >>> as_text(True), as_text([1, None]), as_text(None)
    ('true', '[1, null]', '')
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool | list | dict | tuple):
        return as_json(value)
    if isinstance(value, int | float):
        return str(value)
    return plain(value)


def as_json(value: Any) -> str:
    """Formats a value as JSON on one line; NaN and infinities, which JSON does not support, become null."""
    try:
        line = json.dumps(value, ensure_ascii=False, allow_nan=False, default=plain)
    except ValueError:
        line = json.dumps(without_nan(value), ensure_ascii=False, default=plain)
    try:
        line.encode()
    except UnicodeEncodeError:  # a lone surrogate that was escaped in the input
        return json.dumps(without_nan(value), default=plain)
    return line


def plain(value: Any) -> str:
    """Formats values that JSON does not support as strings: dates as ISO 8601, bytes as Base64."""
    if isinstance(value, date | time):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def without_nan(value: Any) -> Any:
    """Replaces every number that is not finite with None, in nested lists and objects too."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: without_nan(inner) for key, inner in value.items()}
    return [without_nan(inner) for inner in value] if isinstance(value, list | tuple) else value


def kind_of(value: Any) -> str:
    """Returns the kind of a JSON value, for `arrow_type`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return "small" if abs(value) <= LARGEST_EXACT else "integer" if abs(value) <= LARGEST else "huge"
    return type(value).__name__


def arrow_type(kinds: set[str]) -> Any:
    """Returns the type of a Parquet column for JSON values of these kinds; string if they have no other common type."""
    import pyarrow as pa

    kinds = kinds - {"NoneType"}
    if kinds == {"bool"}:
        return pa.bool_()
    if kinds and kinds <= {"small", "integer"}:
        return pa.int64()
    return pa.float64() if kinds and kinds <= {"small", "float"} else pa.string()
