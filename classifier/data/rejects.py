"""Rows that cannot be used: counted, shown, written to a file, and an error if there are too many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.data.lines import NUL_BYTE
from classifier.errors import UserError
from classifier.files import write_records
from classifier.terminal import counted


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was skipped, and the reason; `column` is "" if the reason concerns the whole row."""

    file: str
    row: int
    column: str
    reason: str


class TooManyBadRows(UserError):
    """Raised if the share of unusable rows is so large that the file was probably misread.

    Attributes:
        rejects: all rows that were rejected so far.
    """

    def __init__(self, message: str, rejects: list[Reject]):
        super().__init__(message)
        self.rejects = rejects


def refuse_too_many(path: Path, rows: int, bad: Sequence[Reject], allowed: float, rejects: list[Reject]) -> None:
    """Raises TooManyBadRows with `rejects` if the share of `bad` in `rows` exceeds `allowed`."""
    if len(bad) <= allowed * rows:
        return
    share = len(bad) / rows
    hint = f"Fix these rows, or allow them with data.max_bad_rows={min(1.0, share + 0.005):.2f}."
    if share > 0.5:
        hint = "Are data.text, data.label, data.encoding, data.delimiter and data.quotes right for this file?"
    if sum(NUL_BYTE in reject.reason for reject in bad) > rows / 2:
        hint = "The file looks like UTF-16: set data.encoding=utf-16, or utf-16-le if that finds no byte-order mark."
    raise TooManyBadRows(
        f"{path}: {len(bad):,} of {counted(rows, 'row')} ({share:.1%}) cannot be used, which is more than the "
        f"{allowed:.1%} of "
        f"data.max_bad_rows={allowed:g}.{first_rejects(bad)}\n{hint}",
        rejects,
    )


def first_rejects(rejects: Sequence[Reject]) -> str:
    """Returns the first three rejects, one per line, for the end of a message; "" if there are none."""
    lines = [
        f"\n  {Path(reject.file).name}:{reject.row}, {reject.column or 'whole row'}: {reject.reason}"
        for reject in rejects[:3]
    ]
    return f" The first of them:{''.join(lines)}" if lines else ""


def write_rejects(path: str | Path, rejects: Iterable[Reject]) -> None:
    """Writes the rejects atomically as CSV with the columns file, row, column, reason."""
    write_records(path, Reject, rejects)
