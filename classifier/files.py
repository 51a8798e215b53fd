"""Atomic writing of files, CSV tables that are safe for spreadsheets, and locks on folders."""

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

LOCK_SECONDS = 0.25  # timeout of `locked`, because `is_abandoned` holds a lock for a moment
# Characters with which a formula starts in spreadsheets: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # including full-width forms


@contextlib.contextmanager
def whole_file(path: Path, buffer: int = io.DEFAULT_BUFFER_SIZE) -> Iterator[BinaryIO]:
    """Yields a stream to a hidden file next to `path`, which replaces `path` when the context ends without an error.

    After a crash, an error or with a full disk, `path` is unchanged. Several processes may write the same path.

    Args:
        path: path of the file, in an existing folder.
        buffer: size of the buffer in bytes.

    Raises:
        OSError: if the folder cannot be written or the disk is full; no partial file is left behind.
    """
    path = path.resolve()  # so that a link is not replaced
    part = path.with_name(f".{secrets.token_hex(6)}.part")  # a name based on a long name could be too long
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
    """Closes a stream and ignores errors, because the file is discarded."""
    with contextlib.suppress(Exception):
        stream.close()


def write_text(path: Path, text: str) -> None:
    """Writes the text atomically as UTF-8; lone surrogates, which occur in file names, become backslash sequences."""
    with whole_file(path) as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))


def write_table(path: str | Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes the rows atomically as CSV with a header; creates the folder if necessary.

    Strings that a spreadsheet would interpret as a formula are prefixed with an apostrophe; see `as_cell`.
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
    """Writes instances of the dataclass `kind` as CSV with its fields as columns; see `write_table`."""
    write_table(path, [field.name for field in fields(kind)], map(astuple, records))


def as_cell(value: Any) -> Any:
    """Prefixes strings that a spreadsheet would interpret as a formula with an apostrophe.

    Numbers are unchanged, even if they are strings.

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
    """Ensures that a renamed file survives a power failure, if the file system supports this."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


@contextlib.contextmanager
def locked(folder: Path, doing: str) -> Iterator[None]:
    """Locks the folder for this process; the lock is released when the process ends in any way.

    Args:
        folder: folder to lock, which is created if necessary.
        doing: activity of the process, for the error message in other processes.

    Raises:
        UserError: if another process holds the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "lock", timeout=LOCK_SECONDS, poll_interval=LOCK_SECONDS / 5):
            yield
    except Timeout:
        raise UserError(f"Another process is {doing} in {folder}; wait for it, or end it first.") from None


def is_locked(folder: Path) -> bool:
    """Whether a process of this machine holds the lock of the folder."""
    return (folder / "lock").exists() and not is_abandoned(folder)


def delete(path: Path) -> None:
    """Deletes a file, a link (not what it points to), or a folder with its contents."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_if_empty(folder: Path, inner: str = "") -> None:
    """Removes a folder in which there are only empty folders, locks that no process holds, and the folder `inner`."""
    if folder.is_symlink() or Path.cwd().is_relative_to(folder.resolve()):
        return
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    kept = [path for path in files if not (inner and path.is_relative_to(folder / inner))]
    if any(path.name != "lock" or is_locked(path.parent) for path in kept):
        return
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)


def link_copies(folder: Path, copy: Path) -> None:
    """Replaces the files of a fresh copy of a folder with hard links, so that both take the space of one.

    Files are left as they are on another file system, or on one without hard links. Only for folders that are replaced
    as a whole and never changed, because a change of a file would change both.
    """
    for original in folder.rglob("*"):
        file = copy / original.relative_to(folder)
        if original.is_symlink() or not (original.is_file() and file.is_file()):
            continue
        part = file.with_name(f".{secrets.token_hex(6)}.part")
        with contextlib.suppress(OSError):
            if file.stat().st_size == original.stat().st_size:
                os.link(original, part)
                os.replace(part, file)
        part.unlink(missing_ok=True)  # a replacement by a link to the same file leaves it behind


def is_abandoned(folder: Path) -> bool:
    """Whether a process of this machine once locked the folder, but no process does now."""
    lock = folder / "lock"
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return True
    except (Timeout, OSError):
        return False
