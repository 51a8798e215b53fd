"""Precomputes the states below the lowest trained block, which do not change during training."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from classifier.errors import UserError
from classifier.progress import Stage
from classifier.training.batches import EncodedTexts, batches_in_order

BATCH_TOKENS = 8192
RESERVED_BYTES = 2**24  # per write


def resting_states(model: keras.Model, texts: EncodedTexts, folder: Path) -> EncodedTexts:
    """Computes the states of all tokens, in a memory-mapped file that is deleted when the process ends.

    Args:
        model: model from ids (batch, tokens) to states (batch, tokens, width).
        texts: texts encoded as ids.
        folder: folder of the temporary file.

    Raises:
        OSError: if the disk is full.
        UserError: if a state does not fit into 16 bits.
    """
    forward = tf.function(
        lambda ids: model(ids, training=False),
        autograph=False,
        input_signature=[tf.TensorSpec([None, None], tf.int32)],
    )
    width = model.output_shape[-1]
    states = mapped(folder, (max(1, len(texts.tokens)), width))
    order = np.argsort(texts.lengths, kind="stable")
    size = max(1, BATCH_TOKENS // max(1, int(texts.lengths.max(initial=0))))
    with Stage("Computing states that are not trained", len(texts.tokens), "tokens") as stage:
        for batch in batches_in_order(order, size):
            found = forward(texts.padded(batch)).numpy()
            for row, text in zip(found, batch.tolist(), strict=True):
                start, end = texts.starts[text : text + 2]
                with np.errstate(over="ignore"):
                    states[start:end] = row[: end - start]
                if not np.isfinite(states[start:end]).all():
                    raise UserError("The states of this encoder do not fit into 16-bit floats: use encoder.tune=full.")
            stage.advance(int(texts.lengths[batch].sum()))
    return EncodedTexts(states, texts.starts)


def mapped(folder: Path, shape: tuple[int, int]) -> np.memmap:
    """Creates a memory-mapped array of 16-bit floats after reserving its space on disk.

    A write to a mapping cannot report a full disk: the system would end the process.

    Raises:
        OSError: if the disk is full, or the file larger than allowed.
    """
    left = int(np.prod(shape)) * np.dtype(np.float16).itemsize
    zeros = bytes(min(left, RESERVED_BYTES))
    with tempfile.TemporaryFile(dir=folder) as file:  # the mapping keeps it
        while left > 0:  # not os.posix_fallocate, which macOS does not have
            left -= file.write(zeros[:left])
        file.flush()
        return np.memmap(file, np.float16, "r+", shape=shape)
