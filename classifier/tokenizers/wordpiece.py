"""Tokenizes into word pieces, so that rare words are not unknown (Wu et al. 2016, section 4.1)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import tensorflow as tf

from classifier.tokenizers.base import PADDING, UNKNOWN, LearnedTokenizer

SUFFIX = "##"  # prefix of pieces that continue a word
LONGEST_WORD = 100  # bytes; a longer word is unknown to WordPiece


class WordPieceTokenizer(LearnedTokenizer):
    """Splits like the word tokenizer, then splits words greedily into the longest pieces in the vocabulary.

    The exported graph requires tensorflow-text, which must be imported before the graph is loaded.

    Args:
        vocabulary_size, min_frequency, max_tokens, truncation, lower_case: see `LearnedTokenizer`.
    """

    def __init__(
        self,
        vocabulary_size: int = 8_000,
        min_frequency: int = 2,
        max_tokens: int = 256,
        truncation: str = "head",
        lower_case: bool = True,
    ) -> None:
        super().__init__(vocabulary_size, min_frequency, max_tokens, truncation, lower_case)

    def learn(self, texts: Sequence[str]) -> None:
        counts = {word: n for word, n in self.count_words(texts).items() if len(word.encode()) <= LONGEST_WORD}
        letters = frequent_letters(counts, self.min_frequency, self.vocabulary_size - 2)
        spelled = {word: count for word, count in counts.items() if letters.keys() >= set(word)}
        self.load(learned_pieces(spelled, letters, self.vocabulary_size, self.min_frequency))

    def load(self, vocabulary: Sequence[str]) -> None:
        import keras_nlp

        self.vocabulary = list(vocabulary)
        pieces = keras_nlp.tokenizers.WordPieceTokenizer(self.vocabulary, split=False, oov_token=UNKNOWN)
        words = tf.RaggedTensorSpec([None, None], tf.string)
        self.pieces = tf.function(
            pieces.tokenize, input_signature=[words]
        )  # eager execution would use a slower Python path

    def token_ids(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        return self.pieces(words)


def frequent_letters(counts: Mapping[str, int], min_frequency: int, room: int) -> dict[str, list[str]]:
    """Returns the pieces of the most frequent letters that fit into `room`; ties are in alphabetical order.

    A letter can start or continue a word; a letter that is always a separate word has no second piece:
    `frequent_letters({"ab": 2, "!": 1}, 1, 9)` -> `{"a": ["a", "##a"], "b": ["b", "##b"], "!": ["!"]}`
    """
    letters: Counter[str] = Counter()
    for word, count in counts.items():
        for letter in word:
            letters[letter] += count
    joined = set().union(*(word for word in counts if len(word) > 1))
    pieces: dict[str, list[str]] = {}
    for count, letter in sorted((-count, letter) for letter, count in letters.items()):
        forms = [letter, SUFFIX + letter] if letter in joined else [letter]
        room -= len(forms)
        if -count < min_frequency or room < 0:
            break
        pieces[letter] = forms
    return pieces


def learned_pieces(
    counts: Mapping[str, int], letters: Mapping[str, list[str]], vocabulary_size: int, min_frequency: int
) -> list[str]:
    """Returns padding, unknown, the letters, and the pieces in the order of their merges; deterministic.

    The trainer breaks ties by id, and numbers continuing letters in random order
    (https://github.com/huggingface/tokenizers/issues/1794); as special tokens, they have fixed ids.
    """
    from tokenizers import Tokenizer as Model
    from tokenizers import models, pre_tokenizers, trainers

    model = Model(models.WordPiece(unk_token=UNKNOWN))
    model.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary_size,
        min_frequency=min_frequency,
        show_progress=False,
        special_tokens=[PADDING, UNKNOWN, *(piece for forms in letters.values() for piece in forms)],
        initial_alphabet=sorted(letters),
        limit_alphabet=len(letters),
    )
    model.train_from_iterator(repeated(counts), trainer)
    ids = model.get_vocab()
    return sorted(ids, key=ids.__getitem__)


def repeated(counts: Mapping[str, int]) -> Iterator[str]:
    """Yields each word as often as it occurs, in lines of bounded length."""
    for word, count in counts.items():
        for start in range(0, count, 1000):
            yield f"{word} " * min(1000, count - start)
