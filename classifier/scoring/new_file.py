"""Writes files atomically: a file appears once it is complete, or not at all."""

import contextlib
import errno
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from classifier.data.files import AnyPath, Piped, compression_of
from classifier.errors import UserError
from classifier.files import close_quietly, whole_file

FULL = (errno.ENOSPC, errno.EDQUOT)
NOTHING_LEFT = "Nothing was left behind."
BUFFER = 2**18  # bytes that are buffered before they are compressed or written


@contextlib.contextmanager
def new_file(path: Path, outlook: str = NOTHING_LEFT) -> Iterator[BinaryIO]:
    """Like `classifier.files.whole_file`, but raises UserError if the file cannot be written.

    Args:
        path: path of the file.
        outlook: last sentence of the error message.

    Raises:
        UserError: if the folder cannot be written or the disk is full; no partial file is left behind.
    """
    with explained(path, outlook), whole_file(path, BUFFER) as stream:
        yield stream


@contextlib.contextmanager
def explained(path: Path | Piped, outlook: str = NOTHING_LEFT) -> Iterator[None]:
    """Converts operating system errors of writing the path to UserError; the message ends with the outlook."""
    try:
        yield
    except BrokenPipeError:
        raise  # the reader of a pipe has closed it
    except OSError as error:
        reason = (
            f"the disk is full. Free some space in {path.parent}, or name an output elsewhere"
            if error.errno in FULL and isinstance(path, Path)
            else f"{error.strerror or error}"
        )
        raise UserError(f"{path} cannot be written: {reason}. {outlook}") from error


@contextlib.contextmanager
def compressed(stream: BinaryIO, path: AnyPath) -> Iterator[BinaryIO]:
    """Yields a stream that compresses its bytes according to the extension of the path."""
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
    """Writes to a stream without closing it; pyarrow would close the stream itself."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.stream.write(data)
        return len(data)
