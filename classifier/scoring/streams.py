"""Opens the output of a streamed scoring: a file that appears once it is complete, or a pipe."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from classifier.data.files import Piped
from classifier.scoring.new_file import BUFFER, close_quietly, explained, new_file


@contextlib.contextmanager
def open_stream(output: Path | Piped) -> Iterator[BinaryIO]:
    """Yields a stream for the output.

    Only rows are written to standard output: anything else that is printed is redirected to standard error.

    Raises:
        BrokenPipeError: if standard output is closed by its reader.
        UserError: if the output cannot be written for another reason.
    """
    if isinstance(output, Path):
        with new_file(output) as stream:
            yield stream
        return
    sys.stdout.flush()
    with contextlib.ExitStack() as undo:
        stream = os.fdopen(os.dup(1), "wb", buffering=BUFFER)
        undo.callback(close_quietly, stream)
        rows = os.dup(1)
        undo.callback(os.close, rows)
        os.dup2(2, 1)
        undo.callback(os.dup2, rows, 1)
        undo.enter_context(contextlib.redirect_stdout(sys.stderr))
        undo.enter_context(explained(output, "Rows before that have gone through."))
        yield stream
        stream.flush()
