"""SentencePiece's unigram model with TensorFlow's own operations, as XLM-RoBERTa and ALBERT use it.

Reference: the `tokenizers` package with the checkpoint's tokenizer.json, whose model is Unigram (Kudo 2018, section
3.2: the most likely segmentation by Viterbi's algorithm).
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from classifier.pretrained import Mapped, Replaced, UnigramFiles
from classifier.tokenizers.base import ALONE
from classifier.tokenizers.characters import (
    CharacterMap,
    canonical,
    compatibility_decomposed,
    decoded,
    encoded,
)
from classifier.tokenizers.normal_form import Characters
from classifier.tokenizers.pieces import PieceTokenizer, by_owner
from classifier.tokenizers.unicode_tables import CODE_POINTS

SPACE = ord("\N{LOWER ONE EIGHTH BLOCK}")
SPACES = r"[\p{Z}\t\n\x{B}\x{C}\r\x{85}\x{2581}]+"
CUT = "\U0010ffff"  # put between words; in a text, it becomes a space
NUL = "\ufdd0"  # in place of NUL, at which converting to lower case would end
UNKNOWN_PENALTY = 10.0  # below the lowest score, for a character that is not a piece
LONGEST_RUN = 200  # characters that are segmented together; a longer run without a certain border is cut


class Pieces(NamedTuple):
    """The pieces of several strings, in order.

    ids: int32 (pieces,).
    starts: index of the first character of each piece in its string, int64 (pieces,).
    owners: index of the string of each piece, int64 (pieces,).
    """

    ids: tf.Tensor
    starts: tf.Tensor
    owners: tf.Tensor


class UnigramTokenizer(PieceTokenizer):
    """Normalizes texts, and splits what is between spaces into the most likely pieces.

    Punctuation marks, symbols and CJK characters are separate words, as in the other tokenizers, although a piece may
    reach over several words: it belongs to that in which it begins. A word includes the space before it. A special
    token inside a text, such as `</s>`, is split like any other text.

    Args:
        files: tokenizer of the checkpoint, see `classifier.pretrained`.
        max_tokens, truncation: see `Tokenizer`.

    Raises:
        ValueError: if an argument is out of range.
    """

    def __init__(self, files: UnigramFiles, max_tokens: int = 128, truncation: str = "head") -> None:
        super().__init__(files.vocabulary, max_tokens, truncation, files.begin, files.end, files.unknown)
        self.files = files
        pieces = {piece: number for piece, number in self.id_of.items() if piece and piece not in files.special}
        children, self.ids_of_nodes = trie(pieces)
        keys, nodes = (tf.constant(list(values), tf.int64) for values in (children.keys(), children.values()))
        self.children = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, nodes), -1)
        self.scores = np.array([*files.scores, -np.inf])  # the last is that of no piece, -1
        self.unknown_score = min(files.scores) - UNKNOWN_PENALTY
        self.longest_piece = max(map(len, pieces))
        self.unusual = r"(?s).*[^\x20-\x7E].*"  # texts that may change, unless they change in another way
        maps = [step.strings for step in files.steps if isinstance(step, Mapped)]
        if "Lowercase" in files.steps or any(0x20 <= code < 0x7F for one in maps for code in one):
            self.unusual = "(?s).*"

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string)])
    def words(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Splits strings (batch,) into words (batch, words), which include the space before them."""
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace", replacement_char=ord(" "))
        texts = tf.strings.regex_replace(texts, r"\x00", NUL)
        texts = tf.strings.regex_replace(self.normalize(texts), rf"{SPACES}|{CUT}", " ")
        texts = tf.strings.join([" ", tf.strings.regex_replace(texts, "  +|^ | $", " ")])
        texts = tf.strings.regex_replace(texts, rf" +({ALONE}?)", rf"{CUT} \1")
        texts = tf.strings.regex_replace(texts, rf"( ?{ALONE})", rf"{CUT}\1{CUT}")
        words = tf.strings.split(texts, CUT)
        nothing = tf.strings.regex_full_match(words.flat_values, " *")
        return tf.ragged.boolean_mask(words, words.with_values(tf.logical_not(nothing)))

    def normalize(self, texts: tf.Tensor) -> tf.Tensor:
        """Applies the steps of the normalizer to valid UTF-8 strings (batch,)."""
        for step in self.files.steps:
            if isinstance(step, Replaced):
                texts = tf.strings.regex_replace(texts, escaped(step.old), step.new.replace("\\", "\\\\"))
            elif step == "Lowercase":  # ICU handles the final sigma, but the reference does not
                texts = tf.strings.lower(tf.strings.regex_replace(texts, "Σ", "σ"), encoding="utf-8")
            elif step == "StripAccents":
                texts = tf.strings.regex_replace(texts, r"\p{M}+", "")
            elif step == "NFKD":
                texts = self.changed(texts, compatibility_decomposed)
            else:
                mapped, composes = CharacterMap(step.strings), step.composes and "NFKD" not in self.files.steps
                texts = self.changed(
                    texts,
                    lambda found, mapped=mapped, composes=composes: mapped(canonical(found) if composes else found),
                )
        return texts

    def changed(self, texts: tf.Tensor, change) -> tf.Tensor:
        """Changes the code points of the texts that are not plain ASCII."""
        places = tf.where(tf.strings.regex_full_match(texts, self.unusual))

        def different() -> tf.Tensor:
            chosen = tf.gather_nd(texts, places)
            new = encoded(change(decoded(chosen)), tf.size(chosen, out_type=tf.int64))
            return tf.tensor_scatter_nd_update(texts, places, new)

        return tf.cond(tf.size(places) > 0, different, lambda: texts)

    def bare(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        return words.with_values(tf.strings.regex_replace(words.flat_values, "^ ", ""))

    def spaces(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        return words.with_values(tf.strings.regex_replace(words.flat_values, "(?s)^( ?).*$", r"\1"))

    def token_ids(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        return super().token_ids(self.chunks(words))

    def words_of_tokens(self, words: tf.RaggedTensor) -> tf.Tensor:
        chunks = self.chunks(words)
        distinct, which = tf.unique(chunks.flat_values)
        found = self.segmented(distinct)
        starts = by_owner(found.starts, found.owners, tf.size(distinct, out_type=tf.int64))
        of_chunks = tf.gather(starts, which) + first_characters(chunks.flat_values)[:, None]
        of_words = first_characters(words.flat_values)
        word = tf.searchsorted(of_words, of_chunks.flat_values, side="right", out_type=tf.int64) - 1
        return word - tf.gather(words.row_starts(), tf.gather(words.value_rowids(), word))

    def chunks(self, words: tf.RaggedTensor) -> tf.RaggedTensor:
        """Joins words (batch, words) that no space separates: strings (batch, chunks)."""
        flat, rows = words.flat_values, words.value_rowids()
        begins = tf.equal(tf.strings.substr(flat, 0, 1), " ") | tf.not_equal(
            rows, tf.pad(rows, [[1, 0]], constant_values=-1)[:-1]
        )
        owners = tf.cumsum(tf.cast(begins, tf.int64)) - 1
        count = tf.math.count_nonzero(begins)
        joined = tf.strings.unsorted_segment_join(flat, owners, count)
        return by_owner(joined, tf.boolean_mask(rows, begins), words.nrows())

    def pieces_of(self, words: tf.Tensor) -> tf.RaggedTensor:
        found = self.segmented(words)
        return by_owner(found.ids, found.owners, tf.size(words, out_type=tf.int64))

    def segmented(self, chunks: tf.Tensor) -> Pieces:
        """Finds the most likely pieces of each of the strings (chunks,), which are not empty."""
        found = decoded(chunks)
        found = found._replace(codes=tf.where(tf.equal(found.codes, ord(" ")), SPACE, found.codes))
        ids = self.matches(found)
        runs = runs_of(found.rows, ids)
        lengths = tf.range(1, self.longest_piece + 1, dtype=tf.int64)
        left = tf.gather(runs.ends, runs.numbers) - tf.range(tf.size(found.codes, out_type=tf.int64))
        known = (ids >= 0) & (lengths <= left[:, None])
        scores = tf.gather(self.scores, tf.where(known, ids, len(self.scores) - 1))
        alone = tf.where(known[:, :1], scores[:, :1], self.unknown_score)
        back = most_likely(tf.concat([alone, scores[:, 1:]], axis=1), runs)
        begins = tf.where(back > 0)[:, 0]
        chosen = tf.gather_nd(ids, tf.stack([begins, tf.gather(back, begins) - 1], axis=1))
        chosen, owners = tf.where(chosen >= 0, chosen, self.unknown_id), tf.gather(found.rows, begins)
        unknown = tf.equal(chosen, self.unknown_id)
        again = unknown[1:] & unknown[:-1] & tf.equal(owners[1:], owners[:-1])
        kept = tf.logical_not(tf.pad(again, [[1, 0]])[: tf.size(chosen)])  # adjacent unknown characters are one token
        first = tf.gather(
            tf.searchsorted(found.rows, tf.range(tf.size(chunks, out_type=tf.int64)), out_type=tf.int64), owners
        )
        return Pieces(*(tf.boolean_mask(part, kept) for part in (chosen, begins - first, owners)))

    def matches(self, found: Characters) -> tf.Tensor:
        """Returns the id of the piece of each length that begins at each character, int32 (characters, lengths).

        It is -1 where there is none. A node of the trie is looked up for each character and length, from short to long.
        """
        count = tf.size(found.codes, out_type=tf.int64)
        ends = tf.searchsorted(found.rows, found.rows, side="right", out_type=tf.int64)
        codes = tf.cast(found.codes, tf.int64)

        def longer(length, nodes, ids):
            place = tf.range(count) + length
            key = nodes * CODE_POINTS + tf.gather(codes, tf.minimum(place, tf.maximum(count - 1, 0)))
            nodes = self.children.lookup(tf.where((place < ends) & (nodes >= 0), key, -1))
            return (
                length + 1,
                nodes,
                ids.write(tf.cast(length, tf.int32), tf.gather(self.ids_of_nodes, tf.maximum(nodes, 0))),
            )

        ids = tf.TensorArray(tf.int32, self.longest_piece, element_shape=[None])
        start = (tf.constant(0, tf.int64), tf.zeros([count], tf.int64), ids)
        *_, ids = tf.while_loop(lambda length, *_: length < self.longest_piece, longer, start)
        return tf.transpose(ids.stack())


class Runs(NamedTuple):
    """Runs of characters that can be segmented independently, as no piece reaches from one into another.

    numbers: index of the run of each character, int64 (characters,).
    starts, ends: first character of each run, and that after its last, int64 (runs,).
    """

    numbers: tf.Tensor
    starts: tf.Tensor
    ends: tf.Tensor


def runs_of(rows: tf.Tensor, ids: tf.Tensor) -> Runs:
    """Returns the runs of characters of the texts `rows`, with the pieces `ids` that begin there; see `matches`."""
    count, lengths = tf.size(rows, out_type=tf.int64), tf.range(1, tf.shape(ids, tf.int64)[1] + 1)
    places = tf.range(count)
    longest = tf.maximum(tf.reduce_max(tf.where(ids >= 0, lengths, 0), axis=1), 1)
    inner = tf.math.unsorted_segment_sum(tf.ones_like(places), places + 1, count + 1)
    inner -= tf.math.unsorted_segment_sum(tf.ones_like(places), places + longest, count + 1)
    begins = tf.equal(tf.cumsum(inner)[:-1], 0)  # no piece reaches over the border before the character
    runs = as_runs(begins)
    return as_runs(begins | tf.equal((places - tf.gather(runs.starts, runs.numbers)) % LONGEST_RUN, 0))


def as_runs(begins: tf.Tensor) -> Runs:
    """Returns the runs that begin at these characters, bool (characters,)."""
    starts = tf.where(begins)[:, 0]
    ends = tf.concat([starts[1:], [tf.size(begins, out_type=tf.int64)]], axis=0)[: tf.size(starts)]
    return Runs(tf.cumsum(tf.cast(begins, tf.int64)) - 1, starts, ends)


def most_likely(scores: tf.Tensor, runs: Runs) -> tf.Tensor:
    """Returns the length of the piece that begins at each character in the most likely segmentation, 0 for none.

    All runs are segmented in parallel, with a round per character of the longest run. Of equally likely segmentations,
    that with the longer last piece is chosen.

    Args:
        scores: scores of the pieces of each length from 1 that begin at each character, (characters, lengths).
        runs: the runs.
    """
    count, most = tf.shape(scores, tf.int64)[0], tf.shape(scores, tf.int64)[1]
    sizes = tf.range(most, 0, -1)[None, :]
    sizes_of = tf.ensure_shape(tf.range(most, 0, -1), [None])

    def forward(place, active, best, back):
        end = tf.gather(runs.starts, active) + place
        begin = end[:, None] - sizes + 1
        inside = sizes <= place + 1
        here = tf.gather_nd(
            scores, tf.stack([tf.maximum(begin, 0), tf.broadcast_to(sizes - 1, tf.shape(begin))], axis=-1)
        )
        before = tf.where(
            tf.equal(sizes, place + 1), tf.zeros([], scores.dtype), tf.gather(best, tf.maximum(begin - 1, 0))
        )
        total = tf.where(inside, here + before, -np.inf)
        chosen = tf.argmax(total, axis=1)
        best = tf.tensor_scatter_nd_update(best, end[:, None], tf.reduce_max(total, axis=1))
        back = tf.tensor_scatter_nd_update(back, end[:, None], tf.gather(sizes_of, chosen))
        longer = tf.gather(runs.ends - runs.starts, active) > place + 1
        return place + 1, tf.boolean_mask(active, longer), best, back

    anything, nothing = tf.TensorShape([None]), tf.TensorShape([])
    start = (
        tf.constant(0, tf.int64),
        tf.range(tf.size(runs.starts, out_type=tf.int64)),
        tf.fill([count], tf.constant(-np.inf, scores.dtype)),
        tf.zeros([count], tf.int64),
    )
    *_, back = tf.while_loop(
        lambda _, active, *__: tf.size(active) > 0, forward, start, (nothing, anything, anything, anything)
    )

    def backward(ends, starts, found):
        length = tf.gather(back, ends)
        begins = ends - length + 1
        found = tf.tensor_scatter_nd_update(found, begins[:, None], length)
        left = begins > starts
        return tf.boolean_mask(begins - 1, left), tf.boolean_mask(starts, left), found

    start = (runs.ends - 1, runs.starts, tf.zeros([count], tf.int64))
    *_, found = tf.while_loop(lambda ends, *_: tf.size(ends) > 0, backward, start, (anything,) * 3)
    return found


def trie(pieces: dict[str, int]) -> tuple[dict[int, int], np.ndarray]:
    """Returns the children of the nodes of a trie, by `node * CODE_POINTS + code point`, and the id of each node or -1.

    >>> trie({"a": 5, "ab": 7})
    ({97: 1, 1114210: 2}, array([-1,  5,  7], dtype=int32))
    """
    children: dict[int, int] = {}
    ids = [-1]
    for piece, number in pieces.items():
        node = 0
        for letter in piece:
            key = node * CODE_POINTS + ord(letter)
            if key not in children:
                children[key] = len(ids)
                ids.append(-1)
            node = children[key]
        ids[node] = number
    return children, np.array(ids, np.int32)


def first_characters(strings: tf.Tensor) -> tf.Tensor:
    """Returns the index of the first character of each string, counted over all strings, int64 (strings,)."""
    return tf.cumsum(tf.cast(tf.strings.length(strings, unit="UTF8_CHAR"), tf.int64), exclusive=True)


def escaped(text: str) -> str:
    """Returns a regular expression that matches the text."""
    return "".join(rf"\x{{{ord(letter):X}}}" for letter in text)
