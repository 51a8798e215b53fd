"""The value of a row by which rows are split: its group, or its time."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from classifier.data.fields import label_of
from classifier.data.labels import canonical_label
from classifier.data.row import Row
from classifier.data.rows import columns_of, require_column
from classifier.errors import UserError
from classifier.settings import DataSettings


def split_column(settings: DataSettings) -> tuple[str, str] | None:
    """Returns the column by which rows are split, and the setting that names it.

    Raises:
        UserError: if both settings name one.
    """
    named = [(column, key) for key, column in (("data.group", settings.group), ("data.time", settings.time)) if column]
    if len(named) > 1:
        raise UserError("data.group and data.time cannot be combined: a group may reach over any time. Choose one.")
    return named[0] if named else None


def check_split_column(path: Path, settings: DataSettings) -> list[str]:
    """Returns the column by which rows are split, if any; raises UserError if it is missing."""
    if (named := split_column(settings)) is None:
        return []
    require_column(path, named[0], columns_of(path, settings), named[1])
    return [named[0]]


def refuse_split_column(path: Path, settings: DataSettings) -> None:
    """Raises UserError if rows are to be split by a column, and the file has a format without columns."""
    if named := split_column(settings):
        raise UserError(
            f"{path}: {named[1]}={named[0]} needs a table with this column; data.format=table reads a file as one."
        )


def split_key(row: Row, settings: DataSettings) -> tuple[Any, str, str]:
    """Returns (key, problem, column of the problem) for `data.group` or `data.time`; the key is None without either.

    A group is text, and None if it is missing. A time is (kind, number), so that dates and numbers are not mixed.
    """
    if settings.time is not None:
        key, problem = time_of(row.value(settings.time))
        return key, problem, settings.time
    if settings.group is not None:
        value = row.value(settings.group)
        if value is None or value != value or (isinstance(value, str) and not value.strip()):
            return None, "", ""
        label, problem = label_of(value)
        return canonical_label(label), problem.replace("label", "group"), settings.group
    return None, "", ""


def time_of(value: Any) -> tuple[tuple[str, float] | None, str]:
    """Returns (time, problem) of a number, a date, or the text of either; times without a zone are in UTC.

    >>> time_of("2026-03-01T10:00:00Z")[0] == time_of("2026-03-01 11:00+01:00")[0]
    True
    """
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, datetime):
        return ("date", value.replace(tzinfo=value.tzinfo or UTC).timestamp()), ""
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value:
        return ("number", float(value)), ""
    if value is None or value == "":
        return None, "the time is missing"
    return None, f"the time {str(value)[:40]!r} is neither a date such as 2026-03-01 or 2026-03-01T10:00 nor a number"


def _parsed(text: str) -> Any:
    for parse in (float, datetime.fromisoformat):
        try:
            return parse(text)
        except ValueError:
            continue
    return text
