"""Files that are whole or not there, CSV tables for spreadsheets, and folders that one process holds at a time."""

import contextlib
import csv
import io
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from classifier.errors import UserError

LOCK_SECONDS = 0.25  # `is_abandoned` holds a lock for a moment, which `locked` waits for
# What a spreadsheet takes for the beginning of a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the full-width forms as well


@contextlib.contextmanager
def whole_file(path: Path, buffer: int = io.DEFAULT_BUFFER_SIZE) -> Iterator[BinaryIO]:
    """A stream of bytes into a hidden file next to `path`, which replaces `path` when the block ends without error.

    A crash, an error or a full disk leaves what was there before. Several processes may write the same path at once.

    Args:
        path: of the file; its folder exists.
        buffer: bytes gathered before they are written.

    Raises:
        OSError: if the folder cannot be written or the disk is full; no part of the file is left behind.
    """
    path = path.resolve()  # a link stays a link
    part = path.with_name(f".{secrets.token_hex(6)}.part")  # a long name must not become too long
    with contextlib.ExitStack() as undo:
        stream = open(part, "xb", buffering=buffer)  # noqa: SIM115  # closed by undo
        undo.callback(part.unlink, missing_ok=True)
        undo.callback(close_quietly, stream)
        yield stream
        stream.flush()
        os.fsync(stream.fileno())
        stream.close()
        if path.exists():
            shutil.copymode(path, part)
        os.replace(part, path)
        sync_folder(path.parent)


def close_quietly(stream: Any) -> None:
    """Closes it; what cannot be written any more belongs to a file that is thrown away."""
    with contextlib.suppress(Exception):
        stream.close()


def write_text(path: Path, text: str) -> None:
    """Writes the text as UTF-8, whole or not at all; a lone surrogate, as of a file's name, as a backslash sequence."""
    with whole_file(path) as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))


def write_table(path: str | Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes the rows as CSV under a line of column names, whole or not at all; the folder is made if it is missing.

    A text that a spreadsheet would run as a formula gets an apostrophe in front of it, see `as_cell`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as stream:
        file = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
        writer = csv.writer(file)
        writer.writerow(map(as_cell, columns))
        writer.writerows(map(as_cell, row) for row in rows)
        file.detach()


def write_records(path: str | Path, kind: type, records: Iterable[Any]) -> None:
    """Writes instances of the dataclass `kind`, whose fields are the columns; see `write_table`."""
    write_table(path, [field.name for field in fields(kind)], map(astuple, records))


def as_cell(value: Any) -> Any:
    """The value, with an apostrophe in front of a text that a spreadsheet would take for a formula.

    A number stays a number, also if it is given as text.

    >>> as_cell("=1+1"), as_cell("-0.5"), as_cell(-0.5), as_cell("fine")
    ("'=1+1", '-0.5', -0.5, 'fine')
    """
    if not isinstance(value, str) or not value.startswith(FORMULA_STARTS) or _is_number(value):
        return value
    return f"'{value}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Makes the new name of a file outlive a power cut, if the file system can."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


@contextlib.contextmanager
def locked(folder: Path, doing: str) -> Iterator[None]:
    """Holds the folder for this process alone; the lock vanishes with the process, however it ends.

    Args:
        folder: is made if it is missing.
        doing: what the process does, for the sentence that refuses another one.

    Raises:
        UserError: if another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "lock", timeout=LOCK_SECONDS, poll_interval=LOCK_SECONDS / 5):
            yield
    except Timeout:
        raise UserError(f"Another process is {doing} in {folder}; wait for it, or end it first.") from None


def is_abandoned(folder: Path) -> bool:
    """Whether a process of this machine once held the folder and none does; False if there is no lock to tell."""
    lock = folder / "lock"
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return True
    except (Timeout, OSError):
        return False
