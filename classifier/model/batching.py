"""Texts in batches of similar length, classified side by side; lengths are estimated in tokens from the bytes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor

import numpy as np

BATCH_TOKENS = 4096  # of a batch at most, padding included
BATCH_ROWS = 1024
LONG_TOKEN = 16  # bytes; more count as another token, so that what never has a space is not taken for short
SPACE, WORD, ALONE, REST = range(4)  # what a byte is to a text; REST: not the first of its character


def kinds_of_bytes() -> bytes:
    """The kind of each byte, for `bytes.translate`. Punctuation marks and CJK characters begin with 0xE2 to 0xE9."""
    kinds = np.full(256, WORD, np.uint8)
    kinds[:0x21] = kinds[0x7F] = SPACE
    kinds[[code for code in range(0x21, 0x7F) if not chr(code).isalnum()]] = ALONE
    kinds[0x80:0xC0], kinds[0xE2:0xEA], kinds[0xF0:0xF8] = REST, ALONE, ALONE
    return kinds.tobytes()


KINDS = kinds_of_bytes()


def token_counts(texts: Sequence[bytes]) -> np.ndarray:
    """About how many tokens each text has, (texts,): exactly so many words and marks as it has, where it is ASCII.

    >>> token_counts([b"It's late, isn't it?", b""]).tolist()
    [9, 0]
    """
    if not texts:
        return np.zeros(0, np.int64)
    sizes = np.array([len(text) for text in texts])
    kinds = np.frombuffer(b" ".join([*texts, b""]).translate(KINDS), np.uint8)
    begins = kinds == ALONE
    begins[0] |= kinds[0] == WORD
    begins[1:] |= (kinds[1:] == WORD) & ((kinds[:-1] == SPACE) | (kinds[:-1] == ALONE))
    starts = np.concatenate([[0], np.cumsum(sizes + 1)[:-1]])
    return np.maximum(np.add.reduceat(begins, starts, dtype=np.int64), sizes // LONG_TOKEN)


def batches(lengths: Sequence[int] | np.ndarray) -> Iterator[tuple[np.ndarray, int]]:
    """Every place once, with those of like lengths together, and the size to which their batch is to be filled.

    Sizes are powers of two, so that TensorFlow meets few shapes: see `classifier.tokenizers.base.batch_widths`.

    >>> [(rows.tolist(), size) for rows, size in batches([5, 30_000, 7])]
    [([1], 1), ([2, 0], 2)]
    """
    lengths = np.asarray(lengths, np.int64)
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        fitting = min(BATCH_ROWS, max(1, BATCH_TOKENS // max(1, int(lengths[order[start]]))))
        size = 1 << fitting.bit_length() - 1
        rows = order[start : start + size]
        yield rows, 1 << (len(rows) - 1).bit_length()
        start += size


def classify_texts(classify: Callable, texts: Sequence[str], classes: int, threads: Executor) -> np.ndarray:
    """Probabilities (texts, classes), float32, in the order of the texts, computed in batches of like length.

    Args:
        classify: tensor of strings (batch,) to probabilities (batch, classes).
        texts: any; lone surrogates become question marks; those that are equal are computed once.
        classes: columns of the result.
        threads: each takes a batch.
    """
    import tensorflow as tf

    places: dict[str, int] = {}
    place_of = [places.setdefault(text, len(places)) for text in texts]
    encoded = [text.encode("utf-8", "replace") for text in places]
    result = np.zeros((len(encoded), classes), np.float32)

    def answer(batch: tuple[np.ndarray, int]) -> None:
        rows, size = batch
        filled = tf.constant([encoded[row] for row in rows] + [b""] * (size - len(rows)))
        result[rows] = classify(filled).numpy()[: len(rows)]

    list(threads.map(answer, batches(token_counts(encoded))))
    return result if len(places) == len(place_of) else result[place_of]
