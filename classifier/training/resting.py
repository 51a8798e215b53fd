"""What a training does not change is computed once: the states below the lowest block that learns."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from classifier.progress import Progress
from classifier.training.batches import EncodedTexts, batches_in_order

BATCH_TOKENS = 8192


def resting_states(model: keras.Model, texts: EncodedTexts, folder: Path) -> EncodedTexts:
    """The states of all tokens, in a memory-mapped file of 16-bit floats that vanishes with the process.

    Args:
        model: ids (batch, tokens) to states (batch, tokens, width).
        texts: ids.
        folder: of the file.
    """
    forward = tf.function(
        lambda ids: model(ids, training=False),
        autograph=False,
        input_signature=[tf.TensorSpec([None, None], tf.int32)],
    )
    width = model.output_shape[-1]
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # the mapping keeps it
    states = np.memmap(file, np.float16, "w+", shape=(max(1, len(texts.tokens)), width))
    order = np.argsort(texts.lengths, kind="stable")
    size = max(1, BATCH_TOKENS // max(1, int(texts.lengths.max(initial=0))))
    with Progress("Computing states that are not trained", len(texts)) as progress:
        for batch in batches_in_order(order, size):
            found = forward(texts.padded(batch)).numpy()
            for row, text in zip(found, batch.tolist(), strict=True):
                start, end = texts.starts[text : text + 2]
                states[start:end] = row[: end - start]
            progress.advance(len(batch))
    return EncodedTexts(states, texts.starts)
