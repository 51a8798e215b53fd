"""Exports the trained model as a SavedModel from strings to probabilities, and checks it in a clean process."""

import errno
import glob
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from classifier.artifact.saving import plain_path, save_module
from classifier.artifact.text_columns import write_text_columns
from classifier.model.classifier_module import ClassifierModule
from classifier.model.redecided import Redecided
from classifier.progress import Stage
from classifier.settings import DataSettings
from classifier.tasks import DECISION

TOLERANCE = 1e-5  # maximum difference between probabilities or weights in this and in the clean process
CHECK_SECONDS = 600  # timeout of the clean process
VALID_TEXTS = 64  # number of validation texts that are compared, in addition to unusual texts
NASTY_TEXTS: tuple[bytes, ...] = (
    b"",
    b" \t\r\n ",
    b"a" * 100_000,
    b"far too long " * 8_000,
    "Emoji: \U0001f600\U0001f468‍\U0001f469‍\U0001f467 ❤️".encode(),
    "我想退货。送货太慢了！".encode(),
    "أين طلبي؟ איפה החבילה שלי?".encode(),
    b"control \x00\x01\x1b\x7f characters",
    b"invalid \xff\xfe UTF-8 \xc3(",
    "combining e\u0301 and \ufeff byte-order mark".encode(),
)
CHECK = Path(__file__).with_name("check_export.py")


class ExportError(RuntimeError):
    """The exported model gives other results than the trained model."""


def export_model(
    classifier: ClassifierModule | Redecided,
    texts: Sequence[str],
    folder: Path,
    data: DataSettings | None = None,
    like: Path | None = None,
) -> Path:
    """Writes the SavedModel, checks it in a clean process, and moves it to its folder afterwards.

    Args:
        classifier: the model.
        texts: validation texts, some of which are compared.
        folder: folder of the SavedModel, which is replaced if it exists.
        data: how the data were read, which the model remembers.
        like: a SavedModel with other decisions, of which it remembers the same instead.

    Raises:
        ExportError: if the clean process cannot load the model or gets other results.
        OSError: if the disk is full; nothing is left behind.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{glob.escape(folder.name)}-*"):  # by an export that was killed
        shutil.rmtree(left, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    samples = [text.encode("utf-8", "replace") for text in texts[:VALID_TEXTS]] + list(NASTY_TEXTS)
    try:
        with CleanProcess(part / "model") as process:  # it imports TensorFlow while the model is written
            names = {"serving_default": "classify", "explain": "explain", "label_names": "label_names"}
            signatures = {signature: getattr(classifier, method) for signature, method in names.items()}
            with Stage("Exporting the model"):
                save_module(classifier, part / "model", signatures)
                write_text_columns(part / "model", data or DataSettings())
                if like:
                    copy_extra(like, part / "model")
                classifier.decision.write(part / "model")
                if classifier.none_of_these:
                    classifier.none_of_these.write(part / "model")
            with Stage("Checking the exported model"):
                process.ask(samples)
                process.compare(classifier.answers(samples))
        if folder.exists():
            os.replace(folder, part / "replaced")
        os.replace(part / "model", folder)
    except tf.errors.ResourceExhaustedError as error:  # TensorFlow's error for a full disk
        if os.strerror(errno.ENOSPC) not in str(error):
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def copy_extra(like: Path, folder: Path) -> None:
    """Copies what a SavedModel remembers, apart from its decisions; those of earlier versions may remember nothing."""
    for path in (like / DECISION.parent).glob("*"):
        if path.name != DECISION.name:
            shutil.copyfile(path, folder / DECISION.parent / path.name)


class CleanProcess:
    """A process that does not import this package and loads a SavedModel with both loaders of TensorFlow.

    As a context manager, it starts the process on entering; the process waits for the model, and is killed at the end.

    Args:
        folder: folder of the SavedModel, which need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.resources = ExitStack()

    def __enter__(self) -> "CleanProcess":
        with ExitStack() as entered:
            exchange = Path(entered.enter_context(tempfile.TemporaryDirectory()))
            self.texts, self.answers, self.errors = (exchange / name for name in ("texts", "answers", "errors"))
            self.folder.mkdir(parents=True, exist_ok=True)
            path = entered.enter_context(plain_path(self.folder))
            self.process = subprocess.Popen(
                [sys.executable, "-I", str(CHECK), str(path), str(self.texts), str(self.answers)],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=entered.enter_context(self.errors.open("wb")),
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            )
            entered.callback(self.end)
            self.resources = entered.pop_all()
        return self

    def __exit__(self, *problem: Any) -> None:
        self.resources.__exit__(*problem)

    def ask(self, texts: Sequence[bytes]) -> None:
        """Makes the process load the model and classify the texts, which may be any bytes."""
        self.texts.write_bytes(tf.io.serialize_tensor(tf.constant(list(texts))).numpy())
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # the process has died; `compare` reports the reason
            self.process.stdin.write(b"the model is written\n")

    def compare(self, expected: np.ndarray) -> None:
        """Compares the results of the process.

        Args:
            expected: the `ClassifierModule.answers` for the same texts.

        Raises:
            ExportError: if they differ by more than TOLERANCE, or the process fails.
        """
        if self.process.wait(CHECK_SECONDS):
            reason = self.errors.read_text(errors="replace")
            raise ExportError(f"The exported model {self.folder} does not answer in a clean process:\n{reason}")
        found = tf.io.parse_tensor(tf.io.read_file(str(self.answers)), tf.float32).numpy()
        difference = float(np.abs(found - expected).max())
        if not difference <= TOLERANCE:
            raise ExportError(
                f"The exported model {self.folder} differs from the trained one by {difference:.2g} in a probability "
                "or a weight."
            )

    def end(self) -> None:
        """Kills the process if it is still running."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
