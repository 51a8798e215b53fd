"""Base class of tokenizers: normalizes and splits strings, looks up tokens, and truncates texts, all in the graph."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence

import tensorflow as tf

from classifier.settings import TRUNCATIONS
from classifier.tokenizers.normal_form import normal_form

PADDING, UNKNOWN = "[PAD]", "[UNK]"
PADDING_ID, UNKNOWN_ID = 0, 1  # indices in the vocabulary
BATCH = 1024
SPACES = r"[\p{Z}\p{Cc}\p{Cf}\x{FE0E}\x{FE0F}]+"  # separators, control and format characters, emoji variation selectors
ALONE = r"([\p{P}\p{S}\p{Han}\p{Hiragana}\p{Katakana}])"  # each of these characters is a separate word


class Tokenizer(tf.Module):
    """Converts strings to token ids: 0 is padding.

    Args:
        max_tokens: maximum number of tokens, including special tokens; longer texts are truncated.
        truncation: part of a long text that is kept: `head`, `tail`, or `head_tail` (half of each).
        begin, end: ids of the special tokens that enclose each text.
        unknown_id: id of tokens that are not in the vocabulary.

    Raises:
        ValueError: if an argument is out of range.
    """

    def __init__(
        self,
        max_tokens: int,
        truncation: str,
        begin: Sequence[int] = (),
        end: Sequence[int] = (),
        unknown_id: int = UNKNOWN_ID,
    ) -> None:
        super().__init__()
        if truncation not in TRUNCATIONS:
            raise ValueError(f"truncation={truncation} is not one of {', '.join(TRUNCATIONS)}.")
        self.begin, self.end = tuple(begin), tuple(end)
        room = max_tokens - len(self.begin) - len(self.end)
        if room < 1:
            raise ValueError(f"max_tokens={max_tokens} leaves nothing of a text.")
        self.max_tokens = max_tokens
        self.unknown_id = unknown_id
        self.head = {"head": room, "tail": 0, "head_tail": room // 2}[truncation]
        self.tail = room - self.head
        self.widths = batch_widths(max_tokens)
        self.vocabulary: list[str] = []

    @abstractmethod
    def words(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Splits strings (batch,) of arbitrary bytes into words (batch, words)."""

    @abstractmethod
    def token_ids(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        """Converts words (batch, words) to int32 ids (batch, tokens), without truncation."""

    def bare(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        """Removes the spaces around words (batch, words), if the words of a tokenizer include them."""
        return words

    def spaces(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        """Returns the spaces before each word (batch, words) as strings, one space if words do not include them."""
        return words.with_values(tf.fill(tf.shape(words.flat_values), " "))

    def cut(self, ids: tf.RaggedTensor) -> tf.RaggedTensor:
        """Keeps the first `head` and the last `tail` ids of each row that is longer than `max_tokens`."""
        rows = ids.value_rowids()
        position = tf.range(tf.size(ids.flat_values, out_type=tf.int64)) - tf.gather(ids.row_starts(), rows)
        from_end = tf.gather(ids.row_lengths(), rows) - position
        return tf.ragged.boolean_mask(ids, ids.with_values((position < self.head) | (from_end <= self.tail)))

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Converts strings (batch,) to ragged int32 ids (batch, tokens), with at most `max_tokens` per row."""
        return self.encode(self.token_ids(self.words(texts)))

    def encode(self, ids: tf.RaggedTensor) -> tf.RaggedTensor:
        """Truncates ids (batch, tokens), and adds the special tokens."""
        return self.enclosed(self.cut(ids), self.begin, self.end)

    def enclosed(self, values: tf.RaggedTensor, begin: Sequence[int], end: Sequence[int]) -> tf.RaggedTensor:
        """Adds the same values before and after each row."""
        if not begin and not end:
            return values
        count = values.nrows()
        before, after = (
            tf.repeat(tf.constant([list(ids)], values.dtype, shape=[1, len(ids)]), count, axis=0)
            for ids in (begin, end)
        )
        return tf.concat([before, values, after], axis=1)

    def padded(self, words: tf.RaggedTensor) -> tf.Tensor:
        """Converts words (batch, words) to zero-padded int32 ids (batch, tokens); see `filled`."""
        return self.filled(self.encode(self.token_ids(words)), PADDING_ID)

    def places(self, words: tf.RaggedTensor) -> tf.Tensor:
        """Returns the word index, from 0 in each text, of each id of `padded`: int64 (batch, tokens).

        It is -1 for padding and special tokens.
        """
        inside = self.cut(self.token_ids(words).with_values(self.words_of_tokens(words)))
        return self.filled(self.enclosed(inside, [-1] * len(self.begin), [-1] * len(self.end)), -1)

    def words_of_tokens(self, words: tf.RaggedTensor) -> tf.Tensor:
        """Returns the word index, from 0 in each text, of each token of `token_ids`: int64 (tokens of all texts,)."""
        count = tf.size(words.flat_values, out_type=tf.int64)
        from_row_lengths = tf.RaggedTensor.from_row_lengths  # pyright: ignore[reportAttributeAccessIssue]
        single = from_row_lengths(words.flat_values, tf.ones([count], tf.int64), validate=False)
        pieces = self.token_ids(single).row_lengths()  # per word
        return tf.repeat(tf.range(count) - tf.gather(words.row_starts(), words.value_rowids()), pieces)

    def filled(self, ragged: tf.RaggedTensor, padding: int) -> tf.Tensor:
        """Converts ragged (batch, tokens) to a dense tensor, padded to the smallest of `widths` that fits all rows."""
        widths = tf.constant(self.widths, tf.int64)
        width = tf.gather(widths, tf.searchsorted(widths, [ragged.bounding_shape(axis=1)])[0])
        return ragged.to_tensor(padding, shape=tf.stack([-1, width]))


class LearnedTokenizer(Tokenizer):
    """A tokenizer that learns its vocabulary from the training texts; id 1 represents unknown tokens.

    Args:
        vocabulary_size: maximum size of the vocabulary, including padding and unknown.
        min_frequency: minimum number of occurrences of a token in the training texts.
        max_tokens, truncation: see `Tokenizer`.
        lower_case: whether to convert texts to lower case.

    Raises:
        ValueError: if an argument is out of range.
    """

    def __init__(
        self, vocabulary_size: int, min_frequency: int, max_tokens: int, truncation: str, lower_case: bool
    ) -> None:
        super().__init__(max_tokens, truncation)
        if vocabulary_size < 3:
            raise ValueError(f"vocabulary_size={vocabulary_size} leaves no room next to {PADDING} and {UNKNOWN}.")
        self.vocabulary_size = vocabulary_size
        self.min_frequency = min_frequency
        self.lower_case = lower_case

    @abstractmethod
    def learn(self, texts: Sequence[str]) -> None:
        """Learns the vocabulary from the training texts; afterwards the tokenizer can be used."""

    @abstractmethod
    def load(self, vocabulary: Sequence[str]) -> None:
        """Loads a vocabulary that was learned earlier; afterwards the tokenizer can be used."""

    def normalise(self, texts: tf.Tensor) -> tf.Tensor:
        """Converts strings (batch,) of arbitrary bytes to valid UTF-8 in normal form, optionally in lower case.

        Invalid bytes and control characters, including NUL, become spaces, so that no byte can end a text early. For
        the normal form, see `classifier.tokenizers.normal_form`.
        """
        texts = tf.strings.unicode_transcode(
            texts, "UTF-8", "UTF-8", errors="replace", replacement_char=ord(" "), replace_control_characters=True
        )
        texts = normal_form(texts)
        return tf.strings.lower(texts, encoding="utf-8") if self.lower_case else texts

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string)])
    def words(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Splits strings (batch,) into words (batch, words); punctuation marks, symbols, CJK characters are words."""
        texts = tf.strings.regex_replace(self.normalise(texts), SPACES, " ")
        return tf.strings.split(tf.strings.regex_replace(texts, ALONE, r" \1 "))

    def count_words(self, texts: Sequence[str]) -> Counter[str]:
        """Counts the words in the texts, which are split by the same graph as for tokenization."""
        split = tf.function(lambda batch: self.words(batch).flat_values, autograph=False)
        counts: Counter[bytes] = Counter()
        for batch in batches_of(texts):
            counts.update(split(batch).numpy().tolist())
        return Counter({word.decode(): count for word, count in counts.items()})


def batch_widths(max_tokens: int) -> tuple[int, ...]:
    """Returns the possible widths of a batch: each is at most 1/8 above the previous; multiples of 8 above 32.

    TensorFlow keeps compiled code, almost a megabyte, for each shape: if each batch were as wide as its longest row,
    the memory of a long-running process would grow indefinitely.

    >>> batch_widths(40)
    (8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 26, 28, 30, 32, 40)
    """
    widths, width = [], 8
    while width < max_tokens:
        widths.append(width)
        width += max(1 if width < 32 else 8, 2 ** (width.bit_length() - 1) // 8)
    return (*widths, max_tokens)


def batches_of(texts: Sequence[str]) -> Iterable[tf.Tensor]:
    """Yields the texts as string tensors of bounded size; lone surrogates become question marks."""
    for start in range(0, len(texts), BATCH):
        yield tf.constant([text.encode("utf-8", "replace") for text in texts[start : start + BATCH]])
