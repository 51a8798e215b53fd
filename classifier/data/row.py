"""A row of a file of any format."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """The values of a row by column name, and the reason if it cannot be used.

    A row with a problem still has the values that could be read: training skips such a row, but scoring must return a
    result for every row.
    """

    number: int  # of the line in which the row begins, as shown by an editor; in Parquet, of the row, from 1
    values: dict[str, Any]
    problem: str = ""  # "" if there is none
    column: str = ""  # the column of the problem, if it concerns a single column

    def value(self, column: str) -> Any:
        """Returns the value of a column, or None; dots select keys of JSON objects unless a column has this very name.

        >>> Row(1, {"review": {"body": "good"}}).value("review.body")
        'good'
        """
        found = self.values.get(column)
        if found is None and "." in column and column not in self.values:
            found = self.values
            for key in column.split("."):
                found = found.get(key) if isinstance(found, dict) else None
        return found
