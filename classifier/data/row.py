"""One row of a file, whatever the file's format."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """The values of one row by column name, and why it cannot be used, if so.

    A row with a problem still carries what could be read of it: training leaves such a row out, but scoring owes an
    answer to every row it was given.
    """

    number: int  # the line where the row begins, as an editor shows it; in Parquet, the row counted from 1
    values: dict[str, Any]
    problem: str = ""  # "" when the row is fine
    column: str = ""  # the column of the problem, where it is one column's

    def value(self, column: str) -> Any:
        """The value of a column, None where there is none; dots lead into JSON objects unless they are in its name.

        >>> Row(1, {"review": {"body": "good"}}).value("review.body")
        'good'
        """
        found = self.values.get(column)
        if found is None and "." in column and column not in self.values:
            found = self.values
            for key in column.split("."):
                found = found.get(key) if isinstance(found, dict) else None
        return found
