"""BERT's tokenizer with TensorFlow's string operations, so that exports do not require tensorflow-text.

Reference: the `tokenizers` package with the checkpoint's tokenizer.json, whose normalizer is `BertNormalizer` and whose
model is WordPiece (Devlin et al. 2019; Wu et al. 2016, section 4.1).
"""

import tensorflow as tf

from classifier.pretrained import SUFFIX, BertFiles
from classifier.tokenizers.normal_form import Characters, decomposed
from classifier.tokenizers.pieces import PieceTokenizer, by_owner, lookup_table

REMOVED = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\p{Cf}\p{Co}\x{FFFD}]+"
SPACES = r"[\t\n\r\p{Z}]+"
IDEOGRAPHS = (
    r"\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{20000}-\x{2A6DF}\x{2A700}-\x{2B73F}\x{2B740}-\x{2B81F}\x{2B920}-\x{2CEAF}"
    r"\x{F900}-\x{FAFF}\x{2F800}-\x{2FA1F}"
)
PUNCTUATION = r"!-/:-@\[-`{-~\p{P}"  # including ASCII symbols
DECOMPOSING = r"(?s).*[^\x00-\x7F].*"  # texts that may contain characters with accents


class BertTokenizer(PieceTokenizer):
    """Splits at spaces, punctuation and ideographs, then splits words greedily into the longest pieces.

    A special token inside a text, such as `[SEP]`, is split like any other text.

    Args:
        files: tokenizer of the checkpoint, see `classifier.pretrained`.
        max_tokens, truncation: see `Tokenizer`.

    Raises:
        ValueError: if an argument is out of range.
    """

    def __init__(self, files: BertFiles, max_tokens: int = 128, truncation: str = "head") -> None:
        super().__init__(files.vocabulary, max_tokens, truncation, files.begin, files.end, files.unknown)
        self.files, id_of = files, self.id_of
        self.alone = PUNCTUATION + (IDEOGRAPHS if files.split_ideographs else "")
        special = {files.begin, files.end, files.unknown, "[PAD]", "[MASK]"}
        first = {piece: i for piece, i in id_of.items() if not piece.startswith(SUFFIX) and piece not in special}
        further = {piece.removeprefix(SUFFIX): i for piece, i in id_of.items() if piece.startswith(SUFFIX)}
        self.first, self.further = lookup_table(first), lookup_table(further)
        self.longest_piece = max(map(len, [*first, *further]))

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string)])
    def words(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Splits strings (batch,) into words (batch, words); punctuation marks and ideographs are separate words."""
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace", replacement_char=ord(" "))
        texts = tf.strings.regex_replace(texts, REMOVED, "")
        if self.files.strip_accents:
            texts = without_accents(texts)
        if self.files.lower_case:  # ICU handles the final sigma, but the reference does not
            texts = tf.strings.lower(tf.strings.regex_replace(texts, "Σ", "σ"), encoding="utf-8")
        texts = tf.strings.regex_replace(texts, SPACES, " ")
        return tf.strings.split(tf.strings.regex_replace(texts, f"([{self.alone}])", r" \1 "))

    def pieces_of(self, words: tf.Tensor) -> tf.RaggedTensor:
        whole = self.first.lookup(words)
        length = tf.strings.length(words, unit="UTF8_CHAR")
        too_long = length > self.files.longest_word
        found, rest = (whole >= 0) & ~too_long, tf.where((whole < 0) & ~too_long)[:, 0]
        ids, owners, failed = self.longest_pieces(tf.gather(words, rest), tf.gather(length, rest))
        kept = ~tf.gather(failed, owners)
        unknown = tf.concat([tf.where(too_long)[:, 0], tf.boolean_mask(rest, failed)], axis=0)
        owners = tf.concat([tf.where(found)[:, 0], tf.gather(rest, tf.boolean_mask(owners, kept)), unknown], axis=0)
        ids = tf.concat(
            [
                tf.boolean_mask(whole, found),
                tf.boolean_mask(ids, kept),
                tf.fill([tf.size(unknown)], tf.constant(self.unknown_id, tf.int32)),
            ],
            axis=0,
        )
        order = tf.argsort(owners, stable=True)
        return by_owner(tf.gather(ids, order), tf.gather(owners, order), tf.size(words, out_type=tf.int64))

    def longest_pieces(self, words: tf.Tensor, length: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Finds the longest pieces from left to right, for all words in parallel, with a round per piece of a word.

        Args:
            words: strings (words,).
            length: lengths in characters, int32 (words,).

        Returns:
            ids: int32 (pieces,), in the order of the pieces of each word.
            owners: index of the word of each piece, int64 (pieces,).
            failed: whether a word cannot be split into pieces, bool (words,).
        """

        def match(used, unfinished, failed, ids, owners):
            begin = tf.gather(used, unfinished)
            left = tf.gather(length, unfinished) - begin
            most = tf.minimum(tf.reduce_max(left), self.longest_piece)
            sizes = tf.range(most, 0, -1)[None, :]
            fits = sizes <= left[:, None]
            text = tf.repeat(tf.gather(words, unfinished)[:, None], most, axis=1)
            starts = tf.repeat(begin[:, None], most, axis=1)
            pieces = tf.strings.substr(text, starts, tf.minimum(sizes, left[:, None]), unit="UTF8_CHAR")
            known = tf.cond(
                tf.equal(tf.size(ids), 0), lambda: self.first.lookup(pieces), lambda: self.further.lookup(pieces)
            )
            hits = fits & (known >= 0)
            best = tf.argmax(tf.cast(hits, tf.int32), axis=1)  # the first match is the longest
            matched = tf.reduce_any(hits, axis=1)
            end = begin + tf.gather(sizes[0], best)
            ids = tf.concat([ids, tf.boolean_mask(tf.gather(known, best, batch_dims=1), matched)], axis=0)
            owners = tf.concat([owners, tf.boolean_mask(unfinished, matched)], axis=0)
            failed = tf.tensor_scatter_nd_update(failed, unfinished[:, None], ~matched)
            used = tf.tensor_scatter_nd_update(used, unfinished[:, None], end)
            more = matched & (end < tf.gather(length, unfinished))
            return used, tf.boolean_mask(unfinished, more), failed, ids, owners

        count, anything = tf.size(words, out_type=tf.int64), tf.TensorShape([None])
        start = (
            tf.zeros([count], tf.int32),
            tf.range(count),
            tf.zeros([count], tf.bool),
            tf.zeros([0], tf.int32),
            tf.zeros([0], tf.int64),
        )
        *_, failed, ids, owners = tf.while_loop(
            lambda used, unfinished, *_: tf.size(unfinished) > 0, match, start, (anything,) * len(start)
        )
        return ids, owners, failed


def without_accents(texts: tf.Tensor) -> tf.Tensor:
    """Removes nonspacing marks from valid UTF-8 strings (batch,), and returns them in normal form D."""
    places = tf.where(tf.strings.regex_full_match(texts, DECOMPOSING))

    def stripped() -> tf.Tensor:
        codes = tf.strings.unicode_decode(tf.gather_nd(texts, places), "UTF-8")
        found = decomposed(Characters(codes.flat_values, tf.cast(codes.value_rowids(), tf.int64)))
        ragged = by_owner(found.codes, found.rows, codes.nrows())
        plain = tf.strings.regex_replace(tf.strings.unicode_encode(ragged, "UTF-8"), r"\p{Mn}", "")
        return tf.tensor_scatter_nd_update(texts, places, plain)

    return tf.cond(tf.size(places) > 0, stripped, lambda: texts)
