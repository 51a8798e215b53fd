"""Hashes of the texts that a model was trained on, by which it recognizes them when it is evaluated."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.data.text_form import text_form
from classifier.files import whole_file

TRAINED_TEXTS = "trained_texts.npy"  # in the report of a training
HASH_BYTES = 8


def text_hashes(texts: Iterable[str]) -> NDArray[np.uint64]:
    """Returns a hash of each text (texts,), equal for different spellings of the same text (see `text_form`)."""
    digests = (
        hashlib.blake2b(text_form(text).encode("utf-8", "replace"), digest_size=HASH_BYTES).digest() for text in texts
    )
    return np.frombuffer(b"".join(digests), np.uint64)


def write_trained_texts(folder: Path, texts: Iterable[str]) -> None:
    """Writes the hashes of the texts to the folder, in ascending order."""
    with whole_file(folder / TRAINED_TEXTS) as file:
        np.save(file, np.unique(text_hashes(texts)))


def count_trained(texts: Iterable[str], path: Path) -> int:
    """Returns how many of the texts are among those of a file of `write_trained_texts`."""
    return int(np.isin(text_hashes(texts), np.load(path)).sum())
