"""Finds files by pattern, derives formats from file names, and reports all errors of reading a file."""

import difflib
import glob
import hashlib
import importlib.util
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from classifier.errors import UserError

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".txt": "text",
}
READ_ONLY = {"xlsx": "XLSX", "text": "plain text"}  # formats that are never written
PACKAGE = "package:"  # prefix of the name of a Python package and a path inside it
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


@dataclass(frozen=True, slots=True)
class Piped:
    """Takes the place of a path if rows are read from or written to a pipe.

    Args:
        name: standard input or standard output.
        ending: file name extension of the format, such as csv or jsonl.gz.
    """

    name: str
    ending: str

    def __fspath__(self) -> str:
        return f"{self.name}.{self.ending}"

    def __str__(self) -> str:
        return self.name


AnyPath = str | Path | Piped


def find_files(pattern: str | Path | Sequence[str]) -> list[Path]:
    """Returns the files of a path, a folder or a glob (both sorted), or of a list of these, without duplicates.

    `package:<name>/<path>` is a path inside an installed Python package.

    Raises UserError if any of them matches no file.
    """
    patterns = [pattern] if isinstance(pattern, str | Path) else pattern
    is_list = isinstance(patterns, Sequence) and all(isinstance(item, str | Path) and str(item) for item in patterns)
    if not is_list or not patterns:
        raise UserError(f"{pattern!r} names no file: give a path, a pattern like 'folder/*.csv', or a list of these.")
    for item in patterns:
        if re.match(r"[a-z][a-z0-9+.-]+://", str(item), re.IGNORECASE):
            raise UserError(f"{item} is an address: only files on this machine are read. Download it first.")
    return list(dict.fromkeys(path for item in patterns for path in _matches(_located(item))))


def find_folder(path: str, key: str) -> Path:
    """Returns the folder of a path or `package:<name>/<path>`.

    Args:
        path: path of a folder on this machine.
        key: the setting that names it.

    Raises:
        UserError: if it does not exist; the message explains how to install the package.
    """
    folder = _located(path)
    if folder.is_file():
        raise UserError(f"{key}={path} is a file: give its folder, {folder.parent}.")
    if not folder.is_dir():
        raise UserError(f"{key}={path}: there is no folder {folder}.")
    return folder


def _located(path: str | Path) -> Path:
    """Replaces `~` or the package at the beginning of a path with its folder."""
    if not str(path).startswith(PACKAGE):
        try:
            return Path(path).expanduser()
        except RuntimeError:
            raise UserError(f"{path}: this user does not exist or has no home folder.") from None
    name, _, inner = str(path).removeprefix(PACKAGE).partition("/")
    try:
        found = importlib.util.find_spec(name) if name.isidentifier() else None
    except ValueError:  # of __main__, which is no package
        found = None
    if found is None or not found.submodule_search_locations:
        raise UserError(f"{path}: there is no installed Python package {name!r}.")
    return Path(found.submodule_search_locations[0]) / inner


def _matches(path: Path) -> list[Path]:
    # An existing file whose name contains a bracket or an asterisk is not a pattern.
    if not path.exists() and glob.has_magic(str(path)):
        found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True)) if not os.path.isdir(name)]
        if not found:
            raise UserError(f"No file matches {path}.")
        return found
    if path.is_dir():
        return _files_in(path)
    if not path.exists():
        raise _missing(path)
    return [path]


def _files_in(folder: Path) -> list[Path]:
    """Returns the files of a folder and of its partitions, without hidden files (.crc) and markers (_SUCCESS)."""
    found = _own_files(folder)
    if not found:
        deeper = sorted(path.suffix for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in FORMATS)
        hint = f"; those of its folders would be {folder}/**/*{deeper[0]}" if deeper else ""
        raise UserError(f"The folder {folder} holds no file{hint}.")
    pattern = f"name those that are meant with a pattern such as {folder}/*.csv."
    try:
        kinds = {path: format_of(path) for path in found}
    except UserError as error:
        raise UserError(f"{error} Or {pattern}") from None
    notes = [path for path in found if kinds[path] == "text"]
    if notes and len(notes) < len(found):
        raise UserError(f"{notes[0]} is plain text among files of other formats, perhaps a note about them: {pattern}")
    return found


def _own_files(folder: Path) -> list[Path]:
    visible = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "_")))
    inside = [_own_files(path) for path in visible if "=" in path.name and path.is_dir()]  # such as year=2024/
    return [*(path for path in visible if path.is_file()), *(path for files in inside for path in files)]


def _missing(path: Path) -> UserError:
    """Names the first part of the path that does not exist, and the most similar existing name."""
    lost = next(part for part in [*reversed(path.parents), path] if part == path or not part.exists())
    try:
        names = sorted(os.listdir(lost.parent))
    except OSError:
        names = []
    if lost.is_symlink():
        return UserError(f"{lost} is a link to {os.readlink(lost)}, which does not exist.")
    near = difflib.get_close_matches(lost.name, names, n=1)
    kind = "file" if lost == path else "folder"
    return UserError(f"There is no {kind} {lost}." + (f" Did you mean {lost.parent / near[0]}?" if near else ""))


def format_of(path: AnyPath) -> str:
    """Returns csv, tsv, json, parquet, xlsx or text, depending on the suffix of the name.

    >>> format_of("train.jsonl.gz")
    'json'
    """
    stem, last = os.path.splitext(Path(path).name.lower())
    inner = os.path.splitext(stem)[1] if last in COMPRESSIONS else last
    if inner not in FORMATS:
        raise UserError(
            f"{path}: the suffix {inner or last!r} is not a format known here. Known are {' '.join(FORMATS)}, each but "
            f".parquet and .xlsx also with {' or '.join(COMPRESSIONS)} after it."
        )
    if FORMATS[inner] in ("parquet", "xlsx") and last != inner:
        kind = "Parquet" if inner == ".parquet" else "XLSX"
        raise UserError(f"{path}: {kind} is compressed inside; uncompress the file and drop the suffix {last}.")
    return FORMATS[inner]


def compression_of(path: AnyPath) -> str | None:
    return COMPRESSIONS.get(Path(path).suffix.lower())


@contextmanager
def reading(path: AnyPath, *corrupt: type[Exception]) -> Iterator[None]:
    """Converts errors of reading a file to UserError; `corrupt` are the exceptions that indicate a damaged file."""
    try:
        yield
    except FileNotFoundError:
        raise _missing(Path(path)) from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder, not a file.") from None
    except PermissionError:
        raise UserError(f"{path} may not be read: its permissions forbid it.") from None
    except UnicodeError as error:
        raise UserError(f"{path}: {error}. Set data.encoding to the encoding of the file.") from None
    except (OSError, EOFError, zlib.error, *corrupt) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise UserError(f"{path} is damaged or cut short ({reason}). Fetch or write it again.") from None


def require_content(path: str | Path) -> None:
    if os.path.getsize(path) == 0:
        raise UserError(f"{path} is empty (0 bytes).")


def file_sha256(path: str | Path) -> str:
    """Returns the SHA-256 hash of the file in hexadecimal."""
    with reading(path), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
