"""Tokenizes into words, punctuation marks and CJK characters, with core TensorFlow string operations only."""

from collections.abc import Sequence

import tensorflow as tf

from classifier.tokenizers.base import PADDING, UNKNOWN, LearnedTokenizer


class WordTokenizer(LearnedTokenizer):
    """Splits at spaces and around punctuation marks, symbols and CJK characters, and looks up whole words.

    The exported graph only needs TensorFlow, without tensorflow-text and additional files.

    Args:
        vocabulary_size, min_frequency, max_tokens, truncation, lower_case: see `LearnedTokenizer`.
    """

    def __init__(
        self,
        vocabulary_size: int = 30_000,
        min_frequency: int = 1,
        max_tokens: int = 256,
        truncation: str = "head",
        lower_case: bool = True,
    ) -> None:
        super().__init__(vocabulary_size, min_frequency, max_tokens, truncation, lower_case)

    def learn(self, texts: Sequence[str]) -> None:
        counts = self.count_words(texts)
        frequent = sorted((-count, word) for word, count in counts.items() if count >= self.min_frequency)
        self.load([PADDING, UNKNOWN] + [word for _, word in frequent[: self.vocabulary_size - 2]])

    def load(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary = list(vocabulary)
        words = tf.constant(self.vocabulary)  # "[PAD]" and "[UNK]" never occur, because brackets are separate words
        ids = tf.range(len(self.vocabulary))
        self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(words, ids), default_value=1)

    def token_ids(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        return words.with_values(self.table.lookup(words.flat_values))
