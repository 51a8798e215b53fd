"""Ends a command at once, because TensorFlow takes seconds to be taken down piece by piece."""

import atexit
import contextlib
import os
import sys
from collections.abc import Callable
from typing import NoReturn


def run_and_leave(command: Callable[[], None]) -> NoReturn:
    """Runs a command and ends the process with its exit code."""
    code: object = 0
    try:
        command()
    except SystemExit as ended:
        code = ended.code
    if "tensorflow" in sys.modules and isinstance(code, int | None):
        atexit._run_exitfuncs()
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code or 0)
    sys.exit(code)  # pyright: ignore[reportArgumentType]
