"""Properties of all tokenizers for texts of arbitrary bytes."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies

from classifier.tokenizers import WordPieceTokenizer, WordTokenizer, batches_of

TRAINING = [
    "The film was good, not bad!",
    "the film was bad, not good",
    "Ein Film über Städte",
    "我看了电影",
    "🎬 x-1",
] * 2
MAX_TOKENS = 7
ODD = [
    b"",
    b" \t\r\n",
    b"\xff\xfe broken \xc3",
    b"a\x00b c",
    b"\x07bell \x1b[31m\x7f",
    "\u0085\u2028\ufeff\u00ad\u200b\ue000\ufffd".encode(),
    "👩‍🚀👍🏽 🇩🇪".encode(),
    "中文と日本語 한국어".encode(),
    "مرحبا שלום \u202eabc".encode(),
    "e\u0301 İ ß ﬁ ∑ ½".encode(),
    b"[PAD] [UNK] ##a <br />",
    b"w" * 100_000,
    "ö ".encode() * 50_000,
]
TEXTS = strategies.lists(strategies.binary(max_size=40) | strategies.text(max_size=40).map(str.encode), max_size=30)
ROWS = strategies.lists(strategies.lists(strategies.integers(1, 99), max_size=12), min_size=1, max_size=9)
quick = settings(deadline=None, max_examples=25)


@pytest.fixture(scope="module", params=[WordTokenizer, WordPieceTokenizer])
def tokenizer(request):
    tokenizer = request.param(max_tokens=MAX_TOKENS)
    tokenizer.learn(TRAINING)
    return tokenizer


@pytest.fixture(scope="module")
def in_graph(tokenizer):
    return tf.function(
        lambda texts: tokenizer.padded(tokenizer.words(texts)), input_signature=[tf.TensorSpec([None], tf.string)]
    )


def check(tokenizer, in_graph, texts):
    texts = tf.constant(texts, tf.string)
    ids = tokenizer(texts)
    rows = ids.to_list()
    assert ids.dtype == tf.int32 and len(rows) == len(texts)
    assert all(len(row) <= MAX_TOKENS for row in rows)
    assert all(0 < token < len(tokenizer.vocabulary) for row in rows for token in row)
    assert in_graph(texts).numpy().tolist() == [row + [0] * (MAX_TOKENS - len(row)) for row in rows]


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text[:12]))
def test_odd_texts(tokenizer, in_graph, text):
    check(tokenizer, in_graph, [text, b"film"])


@given(texts=TEXTS)
@quick
def test_any_bytes(tokenizer, in_graph, texts):
    check(tokenizer, in_graph, texts)


@given(text=strategies.binary(max_size=60) | strategies.text(max_size=60).map(str.encode))
@quick
def test_splitting_what_is_split_changes_nothing(tokenizer, text):
    words = tokenizer.words(tf.constant([text])).values.numpy().tolist()
    again = tokenizer.words(tf.constant([b" ".join(words)])).values.numpy().tolist()
    assert again == words
    assert all(word.decode().split() == [word.decode()] for word in words)  # valid UTF-8 without any space


def test_a_text_does_not_depend_on_its_neighbours(tokenizer):
    together = tokenizer(tf.constant(ODD)).to_list()
    assert together == [tokenizer(tf.constant([text])).to_list()[0] for text in ODD]


def test_lone_surrogates_become_question_marks():
    assert [batch.numpy().tolist() for batch in batches_of(["a\ud800", "b"])] == [[b"a?", b"b"]]
    assert list(batches_of([])) == []


@pytest.mark.parametrize("truncation", ["head", "tail", "head_tail"])
@given(rows=ROWS, longest=strategies.integers(1, 9))
@quick
def test_cut(truncation, rows, longest):
    head = {"head": longest, "tail": 0, "head_tail": longest // 2}[truncation]
    expected = [row if len(row) <= longest else row[:head] + row[len(row) - (longest - head) :] for row in rows]
    tokenizer = WordTokenizer(max_tokens=longest, truncation=truncation)
    assert (
        tokenizer.cut(tf.ragged.constant(rows, tf.int32, ragged_rank=1, row_splits_dtype=tf.int64)).to_list()
        == expected
    )


@pytest.mark.parametrize("kind", [WordTokenizer, WordPieceTokenizer])
@pytest.mark.parametrize(
    "mistake",
    [{"truncation": "middle"}, {"vocabulary_size": 2}, {"max_tokens": 0}],
    ids=lambda mistake: next(iter(mistake)),
)
def test_mistakes_are_named(kind, mistake):
    [(name, value)] = mistake.items()
    with pytest.raises(ValueError, match=f"^{name}={value} "):
        kind(**mistake)


def foreign_ops(folder):
    """Returns the operations of a SavedModel that are not part of TensorFlow."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    graph = SavedModel.FromString((folder / "saved_model.pb").read_bytes()).meta_graphs[0].graph_def
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    functions = {function.signature.name for function in graph.library.function}
    return {node.op for node in nodes} - functions - set(dir(tf.raw_ops)) - {"Const"}


def test_saved_and_loaded(tokenizer, in_graph, tmp_path):
    bundle = tf.Module()
    bundle.tokenizer, bundle.padded = tokenizer, in_graph
    tf.saved_model.save(bundle, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    texts = tf.constant([*ODD, *(text.encode() for text in TRAINING)])
    np.testing.assert_array_equal(loaded.padded(texts), tokenizer.padded(tokenizer.words(texts)))
    only = set() if isinstance(tokenizer, WordTokenizer) else {"FastWordpieceTokenizeWithOffsets"}
    assert foreign_ops(tmp_path) == only  # the word tokenizer can be loaded without tensorflow-text
