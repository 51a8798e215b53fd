"""The n-grams in the graph are equal to those of a simple Python implementation, in any script."""

from collections import Counter

import plain_ngrams
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.model.ngram_features import KEYS, character_ngrams, word_ngrams
from classifier.tokenizers import WordTokenizer

TOKENIZER = WordTokenizer()

SCRIPTS = "abcdeÄßéЖдעשمرनमตร한국中文あア👍🏽😀\u0301\u0e31 !-'4  "
TEXT = st.text(st.sampled_from(SCRIPTS), max_size=23) | st.text(max_size=13)
TEXTS = st.lists(TEXT, max_size=7)
quick = settings(deadline=None, max_examples=30, derandomize=True)
KINDS = [(word_ngrams, plain_ngrams.word_ngrams), (character_ngrams, plain_ngrams.character_ngrams)]
both_kinds = pytest.mark.parametrize(("kind", "plain"), KINDS, ids=["words", "characters"])


def split(texts: list[str]) -> tf.RaggedTensor:
    return TOKENIZER.words(tf.constant([text.encode("utf-8", "replace") for text in texts], tf.string))


def spelled(words: tf.RaggedTensor) -> list[list[str]]:
    return [[word.decode() for word in row] for row in words.to_list()]


def keys_of(kind, words: tf.RaggedTensor) -> list[Counter[int]]:
    """Counts the keys of each text."""
    found = kind(words)
    assert found.rows.dtype == found.keys.dtype == tf.int64 and found.rows.shape == found.keys.shape
    counts: list[Counter[int]] = [Counter() for _ in range(int(words.nrows()))]
    for row, key in zip(found.rows.numpy().tolist(), found.keys.numpy().tolist(), strict=True):
        assert 0 <= key < KEYS
        counts[row][key] += 1
    return counts


@both_kinds
@given(texts=TEXTS)
@quick
def test_against_plain_python(kind, plain, texts):
    words = split(texts)
    expected = [Counter(map(plain_ngrams.key, plain(row))) for row in spelled(words)]
    assert keys_of(kind, words) == expected


@both_kinds
@given(texts=TEXTS)
@quick
def test_the_words_of_an_ngram(kind, plain, texts):
    """Each n-gram has the indices of its first and last word, counted over all texts of the batch."""
    rows = spelled(split(texts))
    expected: Counter[tuple[int, int, int]] = Counter()
    before = 0
    for row in rows:
        for place, word in enumerate(row):
            single = [(ngram, place) for ngram in plain([word])]
            pair = [(tuple(row[place : place + 2]), place + 1)] if kind is word_ngrams and place + 1 < len(row) else []
            expected.update((plain_ngrams.key(ngram), before + place, before + last) for ngram, last in single + pair)
        before += len(row)
    found = kind(split(texts))
    assert Counter(zip(*(part.numpy().tolist() for part in found[1:]), strict=True)) == expected


@both_kinds
@given(texts=TEXTS)
@quick
def test_another_ngram_has_another_key(kind, plain, texts):
    different = {ngram for row in spelled(split(texts)) for ngram in plain(row)}
    assert len({plain_ngrams.key(ngram) for ngram in different}) == len(different)


@both_kinds
@given(texts=TEXTS)
@quick
def test_the_texts_of_a_batch_do_not_matter_to_each_other(kind, plain, texts):
    assert keys_of(kind, split(texts)) == [keys_of(kind, split([text]))[0] for text in texts]


@pytest.fixture(scope="module", params=[word_ngrams, character_ngrams], ids=["words", "characters"])
def eager_and_graph(request):
    words = tf.RaggedTensorSpec([None, None], tf.string)
    return request.param, tf.function(request.param, input_signature=[words])


@given(texts=TEXTS)
@quick
def test_a_graph_finds_the_same(eager_and_graph, texts):
    eager, graph = eager_and_graph
    assert keys_of(graph, split(texts)) == keys_of(eager, split(texts))


def test_by_hand():
    words = split(["go on", "on"])
    expected = [" go", "go ", " go ", " on", "on ", " on "]
    assert keys_of(character_ngrams, words)[0] == Counter(map(plain_ngrams.key, expected))
    assert keys_of(word_ngrams, words)[0] == Counter(map(plain_ngrams.key, [("go",), ("on",), ("go", "on")]))


@pytest.mark.parametrize("texts", [["saw axe", "owl wren"], ["owl", "owl"]])
def test_no_pair_crosses_texts(texts):
    pair = plain_ngrams.key((texts[0].split()[-1], texts[1].split()[0]))
    assert pair in keys_of(word_ngrams, split([" ".join(texts)]))[0]
    assert not any(pair in counts for counts in keys_of(word_ngrams, split(texts)))


def test_no_ngram_of_characters_crosses_words():
    """The character n-grams of a text are those of its words."""
    (together,) = keys_of(character_ngrams, split(["owl wren a kite"]))
    assert together == sum(keys_of(character_ngrams, split(["owl", "wren", "a", "kite"])), Counter())


@both_kinds
def test_empty_texts_have_none(kind, plain):
    assert keys_of(kind, split([])) == []
    assert keys_of(kind, split(["", " \t"])) == [Counter(), Counter()]
    first, empty, last = keys_of(kind, split(["owl", "", "a"]))
    assert first and last and not empty


@both_kinds
def test_repeated_ngrams_are_as_many_occurrences(kind, plain):
    once, often = keys_of(kind, split(["owl", "owl owl owl"]))
    assert all(often[key] == 3 for key in once)


def test_the_order_of_words_counts_in_their_pairs_alone():
    forth, back = keys_of(word_ngrams, split(["owl kite", "kite owl"]))
    assert len(forth & back) == 2 and len(forth - back) == 1
    forth, back = keys_of(character_ngrams, split(["owl kite", "kite owl"]))
    assert forth == back
