"""Encoded texts, and their division into batches of similar length: shuffled, and reproducible with the seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.tokenizers import PADDING_ID, batches_of

POOL_BATCHES = 50  # number of batches whose texts are sorted by length together: similar lengths, but a random order


@dataclass(frozen=True, slots=True)
class EncodedTexts:
    """The tokens of many texts in a flat array: their ids, or states that are not trained.

    Args:
        tokens: int32 array of shape (all tokens,), or float16 array of shape (all tokens, width).
        starts: int64 array of shape (texts + 1,); text i is tokens[starts[i] : starts[i + 1]].
    """

    tokens: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Number of tokens of each text, of shape (texts,)."""
        return np.diff(self.starts)

    def subset(self, indices: np.ndarray) -> "EncodedTexts":
        """Returns the chosen texts."""
        starts = np.concatenate([[0], np.cumsum(self.lengths[indices])])
        places = np.arange(starts[-1]) + np.repeat(self.starts[indices] - starts[:-1], self.lengths[indices])
        return EncodedTexts(np.asarray(self.tokens[places]), starts)

    def padded(self, indices: np.ndarray) -> np.ndarray:
        """Returns the chosen texts, zero-padded, at least one token wide.

        Returns:
            int32 ids (len(indices), longest), or float32 states (len(indices), longest, width).
        """
        lengths = self.lengths[indices]
        columns = np.arange(max(1, lengths.max(initial=0)))
        real = columns < lengths[:, None]
        kind = np.int32 if self.tokens.dtype == np.int32 else np.float32
        batch = np.full((*real.shape, *self.tokens.shape[1:]), PADDING_ID, kind)
        batch[real] = self.tokens[(self.starts[indices][:, None] + columns)[real]]
        return batch


def encode(tokenizer, texts: Sequence[str]) -> tuple[EncodedTexts, float]:
    """Returns the ids of all texts, and the share of texts that were truncated to the tokenizer's `max_tokens`."""
    import tensorflow as tf

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string)])
    def tokenize(batch):
        whole = tokenizer.token_ids(tokenizer.words(batch))
        ids = tokenizer.encode(whole)
        was_cut = ids.row_lengths() < whole.row_lengths() + len(tokenizer.begin) + len(tokenizer.end)
        return ids.flat_values, ids.row_lengths(), tf.math.count_nonzero(was_cut)

    ids, lengths, cut = [np.zeros(0, np.int32)], [np.zeros(1, np.int64)], 0
    for batch in batches_of(texts):
        batch_ids, batch_lengths, batch_cut = tokenize(batch)
        ids.append(batch_ids.numpy())
        lengths.append(batch_lengths.numpy())
        cut += int(batch_cut)
    return EncodedTexts(np.concatenate(ids), np.cumsum(np.concatenate(lengths))), cut / max(1, len(texts))


def epoch_batches(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Returns the batches of an epoch as arrays of indices; every text occurs once.

    This is a pure function of its arguments: a run that is resumed after a crash has exactly the same batches.
    """
    random = np.random.default_rng([seed, epoch])
    order = random.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), POOL_BATCHES * batch_size):
        pool = order[start : start + POOL_BATCHES * batch_size]
        batches += list(batches_in_order(pool[np.argsort(lengths[pool], kind="stable")], batch_size))
    return [batches[index] for index in random.permutation(len(batches))]


def batches_in_order(indices: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    """Splits the indices into batches; the last batch may be smaller."""
    for start in range(0, len(indices), batch_size):
        yield indices[start : start + batch_size]
