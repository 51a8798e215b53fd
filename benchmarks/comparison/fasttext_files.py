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

LABEL = "__label__"  # fastText's mark
MEMORY_LIMIT = 8 * 2**30  # bytes; autotune may try 10,000,000 vectors of 1,000 numbers, which are 40 GB
TUNED = ("lr", "dim", "epoch", "minn", "maxn", "wordNgrams", "bucket")

Examples = tuple[Sequence[str], np.ndarray]  # texts and class numbers


def trained(examples: Examples, **settings: Any) -> Any:
    """A model, trained on one core, without a word."""
    with written(examples) as train:
        return fasttext.train_supervised(train, thread=1, verbose=0, **settings)


def tuned(examples: Examples, valid: Examples, seconds: int) -> dict[str, Any]:
    """The settings of the highest accuracy on `valid` that autotune finds within these seconds.

    Raises RuntimeError, of fastText, if not even one trial has ended by then.
    """
    with written(valid) as path, bounded(seconds):
        found = trained(examples, autotuneValidationFile=path, autotuneDuration=seconds).f.getArgs()
    return {name: getattr(found, name) for name in TUNED}


@contextmanager
def written(examples: Examples) -> Iterator[str]:
    """The path of a file as fastText reads it: a line for each text, its class number in front."""
    lines = (f"{LABEL}{label} {separated(text)}\n" for text, label in zip(*examples, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "examples.txt"
        path.write_text("".join(lines), encoding="utf-8")
        yield str(path)


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Ends autotune's trials after these seconds; until then, a trial that asks for much memory is left out.

    Autotune's own clock is not to be trusted on a busy machine: it ends at once if it reads a flag before the main
    thread has set it (autotune.cc, startTimer). Ctrl-C ends the trials, and so does this; the signal goes to the
    clock's own thread, as its handler must not interrupt a thread that holds a lock. Autotune then trains once more,
    without the limit of memory, which would end the program.
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


def predicted(model: Any, texts: Sequence[str]) -> np.ndarray:
    """(examples,) class numbers."""
    return np.array([int(one[0].removeprefix(LABEL)) for one in model.predict(list(map(separated, texts)))[0]])


def saved_bytes(model: Any) -> int:
    """Size of the model's .bin file, which is counted and not kept, as it may have gigabytes."""
    with subprocess.Popen(["wc", "-c"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as count:
        assert count.stdin
        model.save_model(f"/dev/fd/{count.stdin.fileno()}")
        return int(count.communicate()[0])


def separated(text: str) -> str:
    """In lower case and on one line, with a blank around each sign, since fastText splits at blanks only."""
    return " ".join(re.sub(r"([^\w\s])", r" \1 ", text.lower()).split())
