"""Reads the lines of a text file, decompressed and decoded; an invalid byte affects only its own line."""

import codecs
import gzip
import io
import re
import sys
from collections.abc import Iterator
from typing import BinaryIO, cast

from classifier.data.files import AnyPath, Piped, compression_of, reading, require_content
from classifier.errors import UserError

NUL_BYTE = "the row has a NUL byte"
_SURROGATES = re.compile("[\ud800-\udfff]")
_SIGNATURES = {  # the first bytes of binary files
    b"\x1f\x8b": "compressed with gzip, but its name does not end with .gz: add .gz to its name",
    b"(\xb5/\xfd": "compressed with zstd, but its name does not end with .zst: add .zst to its name",
    b"PAR1\x15": "a Parquet file, but its name does not end with .parquet: rename it",
    b"PK\x03\x04": "a ZIP archive or a spreadsheet: unpack it, or save it as CSV",
}


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    """Like surrogateescape, but also accepts bytes below 0x80, which occur in broken UTF-16."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("classifier.mark_bytes", _mark_bytes)


def read_lines(path: AnyPath, encoding: str) -> Iterator[str]:
    """Yields each line with its line ending; a byte that is not valid in `encoding` becomes a lone surrogate."""
    with reading(path), _open_bytes(path) as stream, _decoded(path, stream, encoding) as text:
        for first in text:
            _refuse_binary(path, first, encoding)
            yield first.removeprefix("\ufeff")  # the byte order mark that Excel and Notepad write
            break
        yield from text


def _open_bytes(path: AnyPath) -> BinaryIO:
    piped = isinstance(path, Piped)
    if not piped:
        require_content(path)
    match compression_of(path):
        case "gzip":
            return cast(BinaryIO, gzip.open(sys.stdin.buffer if piped else path, "rb"))
        case "zstd":
            import pyarrow

            return pyarrow.input_stream(sys.stdin.buffer if piped else str(path), compression="zstd")
        case _:
            return sys.stdin.buffer if piped else open(path, "rb")


def _decoded(path: AnyPath, stream: BinaryIO, encoding: str) -> io.TextIOWrapper:
    try:
        # newline="": a quoted field must keep its line endings.
        return io.TextIOWrapper(stream, encoding=encoding, errors="classifier.mark_bytes", newline="")
    except (LookupError, ValueError):
        raise UserError(
            f"{path}: data.encoding={encoding} is not an encoding known to Python; "
            "common ones are utf-8, utf-16, cp1252 and latin-1."
        ) from None


def _refuse_binary(path: AnyPath, first: str, encoding: str) -> None:
    """Raises UserError if the first line shows that the file is not text."""
    for signature, kind in _SIGNATURES.items():
        if first.startswith(signature.decode(encoding, "classifier.mark_bytes")):
            raise UserError(f"{path} is {kind}.")


def line_problem(text: str, encoding: str) -> str:
    """Returns the reason why one or more lines cannot be used as text, or "" if they can."""
    if "\0" in text:
        return NUL_BYTE
    if text.isascii():
        return ""
    try:
        text.encode()  # fails for surrogates, and is faster than a regular expression
    except UnicodeEncodeError as error:
        byte = ord(text[error.start]) - 0xDC00
        return f"byte 0x{byte & 0xFF:02X} is not valid {encoding}; {_other_encoding(encoding)}"
    return ""


def _other_encoding(encoding: str) -> str:
    match codecs.lookup(encoding).name:
        case "utf-8" | "utf-8-sig":
            return "set data.encoding to the file's, such as cp1252"
        case "cp1252":
            return "the file is perhaps utf-8; data.encoding=latin-1 reads every byte"
        case _:
            return "set data.encoding to the file's, such as utf-8"


def readable(text: str) -> str:
    """Replaces every byte that could not be decoded with U+FFFD."""
    return text if text.isascii() else _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)
