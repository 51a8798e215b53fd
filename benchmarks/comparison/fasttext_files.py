"""fastText, which reads its texts from files, on texts and class numbers."""

import re
import resource
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fasttext  # pyright: ignore[reportMissingImports]  # of the extra `bench`
import numpy as np
from numpy.typing import NDArray

LABEL = "__label__"  # fastText's mark
MEMORY_LIMIT = 8 * 2**30  # bytes; autotune may try 10,000,000 vectors of 1,000 numbers, which are 40 GB


def trained(texts: Sequence[str], labels: NDArray[np.int32], **settings: Any) -> Any:
    """A model of (examples,) texts and class numbers, trained on one core, without a word."""
    with tempfile.TemporaryDirectory() as folder:
        train = Path(folder) / "train.txt"
        write_lines(train, texts, labels)
        return fasttext.train_supervised(str(train), thread=1, verbose=0, **settings)


def tuned(
    texts: Sequence[str], labels: NDArray[np.int32], valid: Sequence[str], valid_labels: NDArray[np.int32], seconds: int
) -> dict[str, Any]:
    """The settings of the highest accuracy on `valid` that autotune finds in so many seconds of training on `texts`.

    Raises RuntimeError, of fastText, if not even one trial has ended by then.
    """
    with tempfile.TemporaryDirectory() as folder, bounded(seconds):
        path = Path(folder) / "valid.txt"
        write_lines(path, valid, valid_labels)
        model = trained(texts, labels, autotuneValidationFile=str(path), autotuneDuration=seconds)
    found = model.f.getArgs()
    names = ("lr", "dim", "epoch", "minn", "maxn", "wordNgrams", "bucket")
    return {name: getattr(found, name) for name in names}


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Ends autotune's trials after so many seconds; until then, a trial that asks for much memory is left out.

    Autotune's own clock is not to be trusted on a busy machine: its thread ends at once if it reads a flag before the
    main thread has set it (autotune.cc, startTimer), and the trials go on for ever. Ctrl-C ends them, and so does this:
    autotune then trains once more with the best settings. The signal goes to the clock's own thread, as its handler
    must not interrupt one that holds a lock. Memory that is refused to that last training would end the program, so
    that the limit is lifted before.
    """
    before = resource.getrlimit(resource.RLIMIT_AS)

    def end() -> None:
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    clock = threading.Timer(seconds, end)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, before[1]))
    clock.start()
    try:
        yield
    finally:
        clock.cancel()
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # fastText has put its own there


def predicted(model: Any, texts: Sequence[str]) -> NDArray[np.int64]:
    """(examples,) class numbers."""
    labels, _ = model.predict([separated(text) for text in texts])
    return np.array([int(one[0].removeprefix(LABEL)) for one in labels])


def saved_bytes(model: Any) -> int:
    """Size of the model's .bin file, which is counted and not kept, as it may have gigabytes."""
    with subprocess.Popen(["wc", "-c"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as count:
        assert count.stdin
        model.save_model(f"/dev/fd/{count.stdin.fileno()}")
        return int(count.communicate()[0])


def write_lines(path: Path, texts: Sequence[str], labels: NDArray[np.int32]) -> None:
    """A file as fastText reads it: one text a line, its class number in front."""
    lines = (f"{LABEL}{label} {separated(text)}\n" for text, label in zip(texts, labels.tolist(), strict=True))
    path.write_text("".join(lines), encoding="utf-8")


def separated(text: str) -> str:
    """In lower case and on one line, with a blank around each sign, since fastText splits at blanks only.

    >>> separated("Where's my parcel?")
    "where ' s my parcel ?"
    """
    return " ".join(re.sub(r"([^\w\s])", r" \1 ", text.lower()).split())
