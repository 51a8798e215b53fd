"""Base class of tokenizers that split each word into pieces of a fixed vocabulary."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import tensorflow as tf

from classifier.tokenizers.base import Tokenizer


class PieceTokenizer(Tokenizer):
    """Splits each distinct word of a batch once; arguments as in `Tokenizer`, with tokens in place of ids.

    Args:
        vocabulary: pieces by id, of which the first is padding.
        max_tokens, truncation: see `Tokenizer`.
        begin, end, unknown: tokens before and after a text, and the token for unknown words.

    Raises:
        ValueError: if an argument is out of range.
    """

    # tf.Module searches all other attributes for variables, which takes long for 250,000 pieces
    _TF_MODULE_IGNORED_PROPERTIES = frozenset(
        ("vocabulary", "files", "_self_unconditional_checkpoint_dependencies", "_self_unconditional_dependency_names")
    )

    def __init__(
        self, vocabulary: Sequence[str], max_tokens: int, truncation: str, begin: str, end: str, unknown: str
    ) -> None:
        ids = {piece: number for number, piece in enumerate(vocabulary)}
        before, after, other = (ids[token] for token in (begin, end, unknown))
        super().__init__(max_tokens, truncation, (before,), (after,), other)
        self.vocabulary = list(vocabulary)

    @property
    def id_of(self) -> dict[str, int]:
        """The id of each piece."""
        return {piece: number for number, piece in enumerate(self.vocabulary)}

    @abstractmethod
    def pieces_of(self, words: tf.Tensor) -> tf.RaggedTensor:
        """Returns the ids of the pieces of each word (words,), int32 (words, pieces)."""

    def token_ids(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        distinct, which = tf.unique(words.flat_values)
        pieces = tf.gather(self.pieces_of(distinct), which)
        return words.with_values(pieces).merge_dims(words.ragged_rank, words.ragged_rank + 1)


def lookup_table(ids: Mapping[str, int] | Mapping[bytes, int]) -> tf.lookup.StaticHashTable:
    """Creates a table from strings to int32 ids, with -1 for any other string."""
    keys, values = tf.constant(list(ids), tf.string), tf.constant(list(ids.values()), tf.int32)
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), -1)


def by_owner(values: tf.Tensor, owners: tf.Tensor, count: tf.Tensor) -> tf.RaggedTensor:
    """Returns values (values,) as ragged (count, values of each owner); owners are int64 in ascending order."""
    from_value_rowids = tf.RaggedTensor.from_value_rowids  # pyright: ignore[reportAttributeAccessIssue]
    return from_value_rowids(values, owners, nrows=count, validate=False)
