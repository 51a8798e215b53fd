"""The trained model as a SavedModel, strings in, probabilities out; checked in a process that knows nothing of us."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from classifier.artifact.saving import plain_path, save_module
from classifier.model.text_classifier import TextClassifier

TOLERANCE = 1e-5  # largest difference allowed between a probability or weight here and in the clean process
CHECK_SECONDS = 600  # after which the clean process is given up
VALID_TEXTS = 64  # validation texts that are compared, beside the nasty ones
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
    """The exported model does not give what the trained model gives."""


def export_model(classifier: TextClassifier, texts: Sequence[str], folder: Path) -> Path:
    """Writes the SavedModel, checks it in a clean process, and only then gives it its name.

    Args:
        classifier: trained.
        texts: validation texts; some are compared.
        folder: of the SavedModel; replaced where it exists.

    Raises:
        ExportError: where the clean process cannot load it or gives other answers.
        OSError: where the disk is full; nothing is left behind.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        names = {"serving_default": "classify", "explain": "explain", "label_names": "label_names"}
        signatures = {signature: getattr(classifier, method) for signature, method in names.items()}
        save_module(classifier, part / "model", signatures)
        samples = [text.encode("utf-8", "replace") for text in texts[:VALID_TEXTS]] + list(NASTY_TEXTS)
        check_in_clean_process(part / "model", samples, classifier.answers(samples))
        if folder.exists():
            os.replace(folder, part / "replaced")
        os.replace(part / "model", folder)
    except tf.errors.ResourceExhaustedError as error:  # as TensorFlow calls it
        if os.strerror(errno.ENOSPC) not in str(error):
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def check_in_clean_process(folder: Path, texts: Sequence[bytes], expected: np.ndarray) -> None:
    """Loads the SavedModel with TensorFlow alone, in another process, through both of its loaders, and compares.

    Args:
        folder: of the SavedModel.
        texts: to classify, any bytes.
        expected: their `TextClassifier.answers`.

    Raises:
        ExportError: where they differ by more than TOLERANCE, or the process fails.
    """
    with tempfile.TemporaryDirectory() as exchange, plain_path(folder) as path:
        given, returned = Path(exchange) / "texts", Path(exchange) / "answers"
        given.write_bytes(tf.io.serialize_tensor(tf.constant(list(texts))).numpy())
        done = subprocess.run(
            [sys.executable, "-I", str(CHECK), str(path), str(given), str(returned)],
            capture_output=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            timeout=CHECK_SECONDS,
        )
        if done.returncode:
            reason = done.stderr.decode(errors="replace")
            raise ExportError(f"The exported model {folder} does not answer in a clean process:\n{reason}")
        found = tf.io.parse_tensor(tf.io.read_file(str(returned)), tf.float32).numpy()
    difference = float(np.abs(found - expected).max())
    if not difference <= TOLERANCE:
        raise ExportError(
            f"The exported model {folder} differs from the trained one by {difference:.2g} in a probability "
            "or a weight."
        )
