"""A terminal in which a command runs, as a person sees it: what is left on the screen, silences, and too long lines."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROWS, COLUMNS = 24, 80
SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PIECE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|[\r\n]|[^\x1b\r\n]+")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a command showed.

    Args:
        lines: the lines that are left on the screen.
        code: exit code.
        seconds: time from start to end.
        silence: longest time in seconds without output.
        before_silence: the last output before it.
        long_lines: lines of COLUMNS characters or more, also of those that were erased later.
    """

    lines: list[str]
    code: int
    seconds: float
    silence: float
    before_silence: str
    long_lines: list[str]


def run_in_terminal(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Shown:
    """Runs a command in a terminal of ROWS and COLUMNS."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    streams: dict[str, Any] = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    process = subprocess.Popen(command, cwd=folder, env={**environment, "TERM": "xterm"}, **streams)
    os.close(theirs)
    began = last = time.monotonic()
    parts: list[bytes] = []
    silence, before = 0.0, 0
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux's error once all writers have closed the terminal
            part = b""
        now = time.monotonic()
        if now - last > silence:
            silence, before = now - last, len(parts)
        last = now
        if not part:
            break
        parts.append(part)
    code = process.wait()
    now = time.monotonic()
    if now - last > silence:
        silence, before = now - last, len(parts)
    os.close(ours)
    left, longest = screen(b"".join(parts).decode(errors="replace"))
    last_words = " ".join(
        SEQUENCE.sub(" ", b"".join(parts[max(0, before - 3) : before]).decode(errors="replace")).split()
    )
    return Shown(left, code, now - began, silence, last_words[-COLUMNS:], longest)


def screen(output: str) -> tuple[list[str], list[str]]:
    """Returns the lines that are left of the output, without blanks at their ends, and the long ones at any time.

    Knows what Rich's live lines need: carriage return, line feed, cursor up, erase line. Lines have any width.

    >>> screen("one\\n50 %\\r\\x1b[2Ktwo\\n")
    (['one', 'two', ''], [])
    """
    lines, row, column = [""], 0, 0
    longest: dict[str, None] = {}
    for match in PIECE.finditer(output):
        piece, (numbers, kind) = match[0], match.groups()
        if piece == "\r":
            column = 0
        elif piece == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif kind == "A":
            row = max(0, row - int(numbers or 1))
        elif kind == "K":
            lines[row] = "" if numbers == "2" else lines[row][:column]
        elif kind is None:
            lines[row] = lines[row][:column].ljust(column) + piece + lines[row][column + len(piece) :]
            column += len(piece)
            if len(lines[row].rstrip()) >= COLUMNS:
                longest[lines[row].rstrip()] = None
    return [line.rstrip() for line in lines], list(longest)
