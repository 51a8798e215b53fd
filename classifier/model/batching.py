"""Classifies texts in parallel batches of similar length; the number of tokens is estimated from the bytes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor

import numpy as np

BATCH_TOKENS = 4096  # maximum per batch, including padding
BATCH_ROWS = 1024
LONG_TOKEN = 16  # bytes; each further 16 bytes count as a token, so that texts without spaces do not count as short
SPACE, WORD, ALONE, REST = range(4)  # kinds of bytes; REST: not the first byte of a character


def kinds_of_bytes() -> bytes:
    """Returns a table for `bytes.translate`. Punctuation marks and CJK characters start with 0xE2 to 0xE9."""
    kinds = np.full(256, WORD, np.uint8)
    kinds[:0x21] = kinds[0x7F] = SPACE
    kinds[[code for code in range(0x21, 0x7F) if not chr(code).isalnum()]] = ALONE
    kinds[0x80:0xC0], kinds[0xE2:0xEA], kinds[0xF0:0xF8] = REST, ALONE, ALONE
    return kinds.tobytes()


KINDS = kinds_of_bytes()


def token_counts(texts: Sequence[bytes]) -> np.ndarray:
    """Estimates the number of tokens of each text (texts,), which is exact in words and marks for ASCII texts.

    >>> token_counts([b"It's late, isn't it?", b""]).tolist()
    [10, 0]
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
    """Yields indices grouped by similar length, and the size to which each batch is padded.

    Sizes are powers of two, to limit the number of shapes: see `classifier.tokenizers.base.batch_widths`.

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


def classify_texts(
    classify: Callable,
    texts: Sequence[str],
    classes: int,
    threads: Executor,
    on_batch: Callable[[int], None] | None = None,
) -> np.ndarray:
    """Returns probabilities (texts, classes) in float32 in the order of the texts, computed in batches.

    Args:
        classify: function from a string tensor (batch,) to probabilities (batch, classes).
        texts: texts to classify; lone surrogates become question marks, and equal texts are computed once.
        classes: number of columns of the result.
        threads: executor, with a batch per thread.
        on_batch: called after each batch with its number of texts.
    """
    import tensorflow as tf

    places: dict[str, int] = {}
    place_of = [places.setdefault(text, len(places)) for text in texts]
    encoded = [text.encode("utf-8", "replace") for text in places]
    copies = np.bincount(place_of, minlength=len(encoded))
    result = np.zeros((len(encoded), classes), np.float32)

    def answer(batch: tuple[np.ndarray, int]) -> None:
        rows, size = batch
        filled = tf.constant([encoded[row] for row in rows] + [b""] * (size - len(rows)))
        result[rows] = classify(filled).numpy()[: len(rows)]
        if on_batch:
            on_batch(int(copies[rows].sum()))

    list(threads.map(answer, batches(token_counts(encoded))))
    return result if len(places) == len(place_of) else result[place_of]
