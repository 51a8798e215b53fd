"""Converts strings to token ids inside the TensorFlow graph, which training and the exported model share."""

from classifier.tokenizers.base import PADDING, PADDING_ID, UNKNOWN, UNKNOWN_ID, Tokenizer, batches_of
from classifier.tokenizers.word import WordTokenizer
from classifier.tokenizers.wordpiece import WordPieceTokenizer

__all__ = [
    "PADDING",
    "PADDING_ID",
    "UNKNOWN",
    "UNKNOWN_ID",
    "Tokenizer",
    "WordPieceTokenizer",
    "WordTokenizer",
    "batches_of",
]
