"""ONNX, LiteRT and smaller weights give the results of the SavedModel, using only the exported files."""

import json
import random
import tempfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies
from scipy.special import softmax
from small_model import LABELS, TEXTS

from classifier.artifact.formats import classify
from classifier.artifact.formats.classify import Classifier
from classifier.artifact.formats.tokenizer_data import matching, write_data
from classifier.artifact.formats.write import TOLERANCE, saved_model, write_formats, write_one
from classifier.artifact.saved_model import SavedClassifier
from classifier.attention import AdditiveAttention, MultiHeadAttention
from classifier.encoders import ConcatPooling, MeanPooling
from classifier.encoders.encoder import Encoder
from classifier.encoders.pretrained import build_pretrained
from classifier.encoders.scratch import build_classifier
from classifier.model.classifier_module import ClassifierModule
from classifier.pretrained import find_checkpoint, read_tokenizer
from classifier.settings import Activation, PretrainedSettings, ScratchSettings, Tune
from classifier.tasks import NO_DECISION
from classifier.tokenizers import BertTokenizer, WordPieceTokenizer, WordTokenizer

EXPORTS = [
    ("savedmodel", "bfloat16"),
    ("onnx", "float32"),
    ("onnx", "int8"),
    ("litert", "float32"),
    ("litert", "float16"),
]
STRANGE = [
    "",
    " \t\n",
    "e\u0301 İ ΟΔΟΣ ﬁ ½",
    "👩‍🚀👍🏽",
    "中文と日本語",
    "مرحبا \u202eabc",
    "a\x00b\x85c",
    "\ufffd\ud800",
    "w" * 5000,
]

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::UserWarning",
    "ignore::FutureWarning",  # of the converters
)


def many_texts(count: int) -> list[str]:
    """Texts of many lengths with known and unknown words, symbols, and unusual characters."""
    draw = random.Random(5)
    known = " ".join(TEXTS).split()

    def word() -> str:
        letters = "abcdeéßΣж退0-!?'\u0301\u00ad\u200bＱไ"
        return draw.choice(known) if draw.random() < 0.6 else "".join(draw.choices(letters, k=draw.randint(1, 9)))

    return STRANGE + [" ".join(word() for _ in range(draw.randint(1, 30))) for _ in range(count - len(STRANGE))]


@pytest.fixture(scope="module", autouse=True)
def one_round():
    """Measures each latency with a single call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("classifier.artifact.formats.measure.MOST_ROUNDS", 1)
        yield


@pytest.fixture(scope="module")
def written(untrained, model_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "formats"
    rows, problems = write_formats(untrained, untrained, model_folder, EXPORTS, TEXTS, np.arange(len(TEXTS)), folder)
    assert problems == []
    return folder, rows


@pytest.fixture(scope="module")
def reference(written) -> Classifier:
    """Returns the results of a program without TensorFlow."""
    return Classifier(written[0] / "onnx" / "float32")


@pytest.mark.parametrize("kind", ["onnx", "litert"])
def test_a_thousand_texts_have_the_probabilities_of_the_saved_model(written, classifier, kind):
    model, texts = Classifier(written[0] / kind / "float32"), many_texts(1000)
    found = np.concatenate([model.probabilities(texts[start : start + 50]) for start in range(0, len(texts), 50)])
    np.testing.assert_allclose(found, classifier.probabilities(texts), atol=TOLERANCE)
    assert model.labels == list(LABELS)


def test_a_program_decides_as_the_saved_model_does(reference, classifier):
    texts = many_texts(100)
    answers = reference.answers(texts)
    served = classifier.serve(text=tf.constant([text.encode("utf-8", "replace") for text in texts]))
    assert [one["label"].encode() for one in answers] == served["label"].numpy().tolist()
    assert [one["accepted"] for one in answers] == served["accepted"].numpy().tolist()
    assert [one["label_set"] for one in answers] == [
        [label.decode() for label in row if label] for row in served["label_set"].numpy()
    ]


@given(text=strategies.text(max_size=60))
@settings(deadline=None, max_examples=25)
def test_any_text_is_tokenised_as_in_the_graph(reference, untrained, text):
    words = untrained.tokenizer.words(tf.constant([text.encode("utf-8", "replace")]))
    assert [word.encode() for word in reference.words(text)] == words.to_list()[0]
    ids, expected = reference.inputs([text])["ids"], untrained.tokenizer.padded(words).numpy()
    assert ids.tolist() == expected[:, : ids.shape[1]].tolist()
    assert not expected[:, ids.shape[1] :].any()  # the graph pads to one of few widths


def test_smaller_weights_answer_nearly_the_same(written, untrained):
    folder, rows = written
    expected = untrained.probabilities(TEXTS)
    half = SavedClassifier(folder / "savedmodel" / "bfloat16")
    np.testing.assert_allclose(half.probabilities(TEXTS), expected, atol=0.02)
    assert half.label_names == LABELS
    found = {(row.format, row.weights): row for row in rows}
    assert list(found) == [("savedmodel", "float32"), *EXPORTS]
    assert found["onnx", "int8"].largest_difference < 0.1
    assert found["litert", "float16"].largest_difference < 0.01
    assert found["savedmodel", "bfloat16"].megabytes < found["savedmodel", "float32"].megabytes
    assert all(row.batch_1_ms > 0 and row.batch_256_ms > 0 for row in rows)
    assert found["onnx", "float32"].accuracy_lost == 0
    assert found["onnx", "float32"].batch_difference < TOLERANCE


def test_nothing_half_written_stays(written):
    assert [path.name for path in written[0].parent.iterdir()] == ["formats"]
    files = {path.name for path in (written[0] / "onnx" / "float32").iterdir()}
    assert files == {"model.onnx", "tokenizer.json", "labels.json", "decision.json", "ngrams.npz", "classify.py"}


def test_pieces_and_an_encoder_alone(tmp_path):
    """WordPiece, the tail of long texts, attention in a loop; without n-grams there is no ngrams.npz."""
    keras.utils.set_random_seed(5)
    tokenizer = WordPieceTokenizer(vocabulary_size=60, min_frequency=1, max_tokens=7, truncation="head_tail")
    tokenizer.learn(TEXTS)
    encoder = build_classifier(
        ScratchSettings(depth=1, width=6, intermediate_dim=5),
        AdditiveAttention,
        ConcatPooling(),
        len(tokenizer.vocabulary),
        7,
        len(LABELS),
    )
    write_one(ClassifierModule(Encoder(encoder, tokenizer), LABELS), "onnx", "float32", tmp_path / "onnx" / "float32")
    model, texts = Classifier(tmp_path / "onnx" / "float32"), many_texts(60)
    ids = tokenizer.padded(tokenizer.words(tf.constant([text.encode("utf-8", "replace") for text in texts])))
    assert model.inputs(texts)["ids"].tolist() == ids.numpy().tolist()
    np.testing.assert_allclose(model.probabilities(texts), softmax(encoder(ids), axis=1), atol=TOLERANCE)
    assert not (tmp_path / "onnx" / "float32" / "ngrams.npz").exists()


PRETRAINED = Path(__file__).parents[1] / "pretrained" / "references" / "bert"


@pytest.mark.parametrize("kind", ["onnx", "litert"])
def test_a_pretrained_encoder(tmp_path, kind):
    files = read_tokenizer(PRETRAINED)
    tokenizer = BertTokenizer(files, max_tokens=11, truncation="head_tail")
    settings = PretrainedSettings(source=str(PRETRAINED), tune=Tune.lora)
    pooling, checkpoint = MeanPooling(name="pooling"), find_checkpoint(str(PRETRAINED))
    model = build_pretrained(checkpoint, settings, pooling, len(LABELS), few_texts=True)
    write_one(ClassifierModule(Encoder(model, tokenizer), LABELS), kind, "float32", tmp_path / kind)
    found, texts = (
        Classifier(tmp_path / kind),
        ["", "cab ab", "Cäb! gh\u0301 \u200bb ΑΣ", "abcdefgh" * 20, "a " * 40, "日本 ab"],
    )
    ids = tokenizer.padded(tokenizer.words(tf.constant([text.encode() for text in texts])))
    assert found.inputs(texts)["ids"].tolist() == ids.numpy().tolist()
    np.testing.assert_allclose(found.probabilities(texts), softmax(model(ids), axis=1), atol=TOLERANCE)


@given(text=strategies.text(max_size=40))
@settings(deadline=None, max_examples=40)
@pytest.mark.parametrize("lower_case", [True, False])
def test_any_text_is_tokenized_as_in_the_graph_of_bert(tmp_path_factory, lower_case, text):
    tokenizer, program = bert_program(lower_case)
    words = tokenizer.words(tf.constant([text.encode("utf-8", "replace")]))
    assert [word.encode() for word in program.words(text)] == words.to_list()[0]
    assert program.ids(program.words(text)) == tokenizer.encode(tokenizer.token_ids(words)).to_list()[0]


@cache
def bert_program(lower_case: bool) -> tuple[BertTokenizer, Classifier]:
    """A tokenizer in the graph and in the program without TensorFlow."""
    files = read_tokenizer(PRETRAINED)._replace(lower_case=lower_case, strip_accents=lower_case)
    tokenizer, program = BertTokenizer(files, max_tokens=11), object.__new__(Classifier)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(classify, "runtime", lambda folder: None)
        write_data(
            SimpleNamespace(decision=NO_DECISION, tokenizer=tokenizer, names=tf.constant([]), ngrams=None), Path(folder)
        )
        program.__init__(Path(folder))
    return tokenizer, program


@pytest.mark.parametrize("activation", ["gelu", "silu"])
def test_activations(tmp_path, activation):
    keras.utils.set_random_seed(5)
    tokenizer = WordTokenizer(max_tokens=7)
    tokenizer.learn(TEXTS)
    settings = ScratchSettings(depth=1, width=6, intermediate_dim=5, activation=Activation[activation])
    size = len(tokenizer.vocabulary)
    encoder = build_classifier(settings, lambda: MultiHeadAttention(num_heads=2), MeanPooling(), size, 7, len(LABELS))
    write_one(ClassifierModule(Encoder(encoder, tokenizer), LABELS), "onnx", "float32", tmp_path / "onnx")
    ids = tokenizer.padded(tokenizer.words(tf.constant([text.encode() for text in TEXTS])))
    found = Classifier(tmp_path / "onnx").probabilities(TEXTS)
    np.testing.assert_allclose(found, softmax(encoder(ids), axis=1), atol=TOLERANCE)


def test_a_format_that_cannot_be_written_costs_none_of_the_others(untrained, model_folder, tmp_path, monkeypatch):
    def write(_, kind, weights, place):
        place.mkdir(parents=True)
        if kind == "litert":
            raise RuntimeError("no such operation\n a dump of the graph")
        return saved_model(model_folder)

    monkeypatch.setattr("classifier.artifact.formats.write.write_one", write)
    exports = [("litert", "float32"), ("savedmodel", "float16")]
    rows, problems = write_formats(
        untrained, untrained, model_folder, exports, TEXTS, np.arange(5), tmp_path / "formats"
    )
    assert problems == ["litert with weights in float32 could not be written: no such operation"]
    assert [row.weights for row in rows] == ["float32", "float16"]
    assert [path.name for path in (tmp_path / "formats").glob("*/*")] == ["float16"]


def test_ranges_of_characters():
    assert matching(r"[a-cx\x{10FFFF}]") == [[97, 99], [120, 120], [0x10FFFF, 0x10FFFF]]


def test_the_data_is_plain_json(untrained, tmp_path):
    write_data(untrained, tmp_path)
    data = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    assert data["vocabulary"] == untrained.tokenizer.vocabulary
    assert (data["head"], data["tail"], data["lower_case"], data["longest_word"]) == (11, 0, True, None)
