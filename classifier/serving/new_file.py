"""A file that appears when it is complete, and not at all otherwise."""

import contextlib
import errno
import gzip
import io
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from classifier.data.files import AnyPath, Piped, compression_of
from classifier.errors import UserError

FULL = (errno.ENOSPC, errno.EDQUOT)
NOTHING_LEFT = "Nothing was left behind."
BUFFER = 2**18  # bytes gathered before they are compressed or written


@contextlib.contextmanager
def new_file(path: Path, outlook: str = NOTHING_LEFT) -> Iterator[BinaryIO]:
    """Bytes written here lie in a hidden file beside `path`, which takes its name when the block ends well.

    Args:
        path: of the file.
        outlook: last sentence of the message where that fails.

    Raises:
        UserError: where the folder cannot be written, or the disk is full; no part of the file is left behind then.
    """
    path = path.resolve()  # a link stays a link
    part = path.with_name(f".scoring-{secrets.token_hex(6)}.part")
    with explained(path, outlook), contextlib.ExitStack() as undo:
        stream = open(part, "xb", buffering=BUFFER)  # noqa: SIM115  # closed by undo
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


@contextlib.contextmanager
def explained(path: Path | Piped, outlook: str = NOTHING_LEFT) -> Iterator[None]:
    """Turns what the system refuses while the path is written into a UserError that ends with the outlook."""
    try:
        yield
    except BrokenPipeError:
        raise  # it is another stream that nobody reads
    except OSError as error:
        reason = (
            f"the disk is full. Free some space in {path.parent}, or name an output elsewhere"
            if error.errno in FULL and isinstance(path, Path)
            else f"{error.strerror or error}"
        )
        raise UserError(f"{path} cannot be written: {reason}. {outlook}") from error


def close_quietly(stream: Any) -> None:
    """Closes it; what cannot be written any more belongs to a file that is thrown away."""
    with contextlib.suppress(Exception):
        stream.close()


def sync_folder(folder: Path) -> None:
    """Makes the new name outlive a power cut, where the file system can."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


@contextlib.contextmanager
def compressed(stream: BinaryIO, path: AnyPath) -> Iterator[BinaryIO]:
    """Bytes written here reach the stream compressed as the path's ending says."""
    match compression_of(path):
        case "gzip":
            outer: Any = gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=6, mtime=0)
        case "zstd":
            import pyarrow

            outer = pyarrow.CompressedOutputStream(pyarrow.PythonFile(Unclosed(stream), mode="w"), "zstd")
        case _:
            yield stream
            return
    buffer = io.BufferedWriter(outer, BUFFER)
    try:
        yield cast(BinaryIO, buffer)
        buffer.close()
    finally:
        close_quietly(buffer)
        close_quietly(outer)


class Unclosed(io.RawIOBase):
    """Writes to a stream that somebody else closes; pyarrow would close it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.stream.write(data)
        return len(data)
