"""Converts strings to token ids inside the TensorFlow graph, which training and the exported model share."""

from classifier.tokenizers.base import PADDING, PADDING_ID, UNKNOWN, UNKNOWN_ID, LearnedTokenizer, Tokenizer, batches_of
from classifier.tokenizers.bert import BertTokenizer
from classifier.tokenizers.byte_pair import BytePairTokenizer
from classifier.tokenizers.pretrained import pretrained_tokenizer
from classifier.tokenizers.unigram import UnigramTokenizer
from classifier.tokenizers.word import WordTokenizer
from classifier.tokenizers.wordpiece import WordPieceTokenizer

__all__ = [
    "PADDING",
    "PADDING_ID",
    "UNKNOWN",
    "UNKNOWN_ID",
    "BertTokenizer",
    "BytePairTokenizer",
    "LearnedTokenizer",
    "Tokenizer",
    "UnigramTokenizer",
    "WordPieceTokenizer",
    "WordTokenizer",
    "batches_of",
    "pretrained_tokenizer",
]
