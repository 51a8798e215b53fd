"""Chooses the tokenizer of a checkpoint."""

from classifier.pretrained import BertFiles, BytePairFiles, TokenizerFiles
from classifier.tokenizers.bert import BertTokenizer
from classifier.tokenizers.byte_pair import BytePairTokenizer
from classifier.tokenizers.pieces import PieceTokenizer
from classifier.tokenizers.unigram import UnigramTokenizer


def pretrained_tokenizer(files: TokenizerFiles, max_tokens: int = 128, truncation: str = "head") -> PieceTokenizer:
    """Returns the tokenizer of a checkpoint.

    Args:
        files: see `classifier.pretrained`.
        max_tokens, truncation: see `Tokenizer`.

    Raises:
        ValueError: if an argument is out of range.
    """
    if isinstance(files, BertFiles):
        return BertTokenizer(files, max_tokens, truncation)
    if isinstance(files, BytePairFiles):
        return BytePairTokenizer(files, max_tokens, truncation)
    return UnigramTokenizer(files, max_tokens, truncation)
