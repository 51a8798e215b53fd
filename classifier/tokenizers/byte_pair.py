"""Byte-level byte-pair encoding with TensorFlow's own operations, as RoBERTa and GPT-2 use it.

Reference: the `tokenizers` package with the checkpoint's tokenizer.json, whose pre-tokenizer is `ByteLevel` and whose
model is BPE (Sennrich et al. 2016, section 3.2; Radford et al. 2019, section 2.2).
"""

import numpy as np
import tensorflow as tf

from classifier.pretrained import BytePairFiles, byte_letters
from classifier.tokenizers.pieces import PieceTokenizer, by_owner, lookup_table

CUT = "\U0010ffff"  # put between words; in a text, it becomes a space
SPACE = r"\p{Z}\t\n\x{B}\x{C}\r\x{85}"
OTHER_SPACE = r"[\t\n\x{B}\x{C}\r\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]"
MARK = rf"[^{SPACE}\p{{L}}\p{{N}}{CUT}]"
WORD = rf"(?:[{SPACE}]*{OTHER_SPACE})?'(?:s|t|re|ve|m|ll|d)|[{SPACE}]*(?:\p{{L}}+|\p{{N}}+|{MARK}+)"


class BytePairTokenizer(PieceTokenizer):
    """Splits into letters, digits and marks, then merges the bytes of each word pair by pair.

    A word includes the spaces before it, and the last word of a text those after it, because tokens depend on them. A
    text of spaces only has no words. A special token inside a text, such as `</s>`, is split like any other text.

    Args:
        files: tokenizer of the checkpoint, see `classifier.pretrained`.
        max_tokens, truncation: see `Tokenizer`.

    Raises:
        ValueError: if an argument is out of range.
    """

    def __init__(self, files: BytePairFiles, max_tokens: int = 128, truncation: str = "head") -> None:
        super().__init__(files.vocabulary, max_tokens, truncation, files.begin, files.end, files.unknown)
        self.files = files
        size, id_of = len(self.vocabulary), self.id_of
        self.byte_ids = np.array([id_of[letter] for letter in byte_letters()], np.int64)
        ranks = {id_of[left] * size + id_of[right]: rank for rank, (left, right) in enumerate(files.merges)}
        pairs, order = (tf.constant(list(values), tf.int64) for values in (ranks.keys(), ranks.values()))
        self.none = len(files.merges)  # rank of pairs that are not merged
        self.ranks = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(pairs, order), self.none)
        self.merged_ids = np.array([*(id_of[left + right] for left, right in files.merges), 0], np.int64)
        self.whole = lookup_table(self.whole_words())

    def whole_words(self) -> dict[bytes, int]:
        """Returns the ids of the tokens that are left if all pairs in their own bytes are merged."""
        byte_of = {letter: byte for byte, letter in enumerate(byte_letters())}
        spelled = {
            bytes(byte_of[letter] for letter in token): number
            for token, number in self.id_of.items()
            if token and byte_of.keys() >= set(token)
        }
        nothing = tf.fill([len(spelled)], -1)
        ids, owners = (found.numpy() for found in self.merged(tf.constant(list(spelled)), nothing))
        lengths, numbers = np.bincount(owners, minlength=len(spelled)), list(spelled.values())
        alone = lengths[owners] == 1
        same = {int(owner) for owner, number in zip(owners[alone], ids[alone], strict=True) if numbers[owner] == number}
        return {word: number for place, (word, number) in enumerate(spelled.items()) if place in same}

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string)])
    def words(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Splits strings (batch,) into words (batch, words), which include the spaces before them."""
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace", replacement_char=ord(" "))
        texts = tf.strings.regex_replace(texts, CUT, " ")
        if self.files.starts_with_space:
            texts = tf.strings.regex_replace(texts, "^([^ ])", r" \1")
        texts = tf.strings.regex_replace(texts, f"({WORD})", rf"\1{CUT}")
        texts = tf.strings.regex_replace(texts, f"{CUT}([{SPACE}]+)$", r"\1")
        words = tf.strings.split(texts, CUT)
        nothing = tf.strings.regex_full_match(words.flat_values, f"[{SPACE}]*")
        return tf.ragged.boolean_mask(words, words.with_values(~nothing))

    def bare(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        around = rf"^[{SPACE}]+|[{SPACE}]+$"
        return words.with_values(tf.strings.regex_replace(words.flat_values, around, ""))

    def spaces(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        before = rf"(?s)^([{SPACE}]*).*$"
        return words.with_values(tf.strings.regex_replace(words.flat_values, before, r"\1"))

    def pieces_of(self, words: tf.Tensor) -> tf.RaggedTensor:
        # All spaces before a word are cut off, except one just before it; so are other ones, and those after a word
        parts = tf.strings.regex_replace(words, rf"^([{SPACE}]+)([{SPACE}][^{SPACE}])", rf"\1{CUT}\2")
        parts = tf.strings.regex_replace(parts, rf"({OTHER_SPACE})([^{SPACE}{CUT}])", rf"\1{CUT}\2")
        parts = tf.strings.regex_replace(parts, rf"([^{SPACE}])([{SPACE}]+)$", rf"\1{CUT}\2")
        parts = tf.strings.split(parts, CUT)
        ids, owners = self.merged(parts.flat_values, self.whole.lookup(parts.flat_values))
        words_of = tf.gather(parts.value_rowids(), owners)
        return by_owner(tf.cast(ids, tf.int32), words_of, tf.size(words, out_type=tf.int64))

    def merged(self, parts: tf.Tensor, known: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Merges the bytes of each part, all parts in parallel, with a round per distinct pair of a part.

        No merge makes a token that an earlier merge uses, so that all places of a pair can be merged at once.

        Args:
            parts: strings (parts,), none of them empty.
            known: int32 ids (parts,) of parts that are whole tokens, and -1 for all others.

        Returns:
            ids: int64 (tokens,), in the order of the parts.
            owners: index of the part of each token, int64 (tokens,).
        """
        count, size = tf.size(parts, out_type=tf.int64), len(self.vocabulary)
        bytewise = tf.where(known >= 0, "?", parts)
        lengths = tf.strings.length(bytewise)
        raw = tf.io.decode_raw(tf.strings.reduce_join(bytewise), tf.uint8)
        ids = tf.gather(self.byte_ids, tf.cast(raw, tf.int32))
        known = tf.repeat(tf.cast(known, tf.int64), lengths)

        def merge(ids, owners, _):
            first, same = owners[:-1], tf.equal(owners[:-1], owners[1:])
            rank = tf.where(same, self.ranks.lookup(ids[:-1] * size + ids[1:]), self.none)
            best = tf.math.unsorted_segment_min(rank, first, count)
            hits = (rank < self.none) & tf.equal(rank, tf.gather(best, first))
            merges = alternate(hits)
            left = tf.where(merges, tf.gather(self.merged_ids, rank), ids[:-1])
            stays = tf.pad(tf.logical_not(merges), [[1, 0]], constant_values=True)[: tf.size(ids)]
            ids = tf.concat([left, ids[-1:]], axis=0)
            return tf.boolean_mask(ids, stays), tf.boolean_mask(owners, stays), tf.reduce_any(hits)

        start = (tf.where(known >= 0, known, ids), tf.repeat(tf.range(count), lengths), tf.constant(True))
        anything = tf.TensorShape([None])
        ids, owners, _ = tf.while_loop(
            lambda *state: state[2], merge, start, shape_invariants=(anything, anything, tf.TensorShape([]))
        )
        return ids, owners


def alternate(hits: tf.Tensor) -> tf.Tensor:
    """Returns the first, third, fifth, ... of each run of hits, bool (places,), so that no two are adjacent."""
    begins = hits & tf.logical_not(tf.pad(hits, [[1, 0]])[:-1])
    run = tf.maximum(tf.cumsum(tf.cast(begins, tf.int64)), 1) - 1
    starts = tf.concat([tf.where(begins)[:, 0], [0]], axis=0)
    place = tf.range(tf.size(hits, out_type=tf.int64)) - tf.gather(starts, run)
    return hits & tf.equal(place % 2, 0)
