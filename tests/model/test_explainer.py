"""The explanations of an exported classifier, and the command that draws them."""

import csv
import json
import re

import numpy as np
import pytest
import tensorflow as tf
from small_model import LABELS, TEXTS

from classifier import explain as command
from classifier.artifact.saved_model import SavedClassifier
from classifier.attention import ScaledDotAttention
from classifier.encoders import MeanPooling
from classifier.encoders.encoder import Encoder
from classifier.encoders.scratch import build_classifier
from classifier.errors import UserError
from classifier.explanation.explain_texts import Texts, explain_texts
from classifier.explanation.explanation import contrasted, contrasts_of
from classifier.explanation.integration import TOLERANCE
from classifier.explanation.saved_explainer import SavedExplainer
from classifier.model.explainer import Explainer
from classifier.settings import Columns, Explained, ExplainSettings, LabelCase, ScratchSettings, Server
from classifier.tasks import make_task
from classifier.tokenizers import WordPieceTokenizer

SOME = [*TEXTS, "thank you it is broken , broken", "word", "the refund will not switch on where is my lamp love it"]


@pytest.fixture(scope="module")
def explainer(classifier):
    return SavedExplainer(classifier)


@pytest.fixture(scope="module")
def explained(explainer, classifier):
    probabilities = classifier.probabilities(SOME)
    contrasts = contrasts_of(probabilities.argmax(axis=1), len(LABELS), several=False)
    found = dict(explainer.explain(SOME, probabilities, contrasts))
    assert sorted(found) == list(range(len(SOME)))
    explanations = [found[place] for place in range(len(SOME))]
    explainer.occlude(explanations)
    return explanations


def test_the_signature(classifier):
    """For any amount of padding: padding has no token and no attention."""
    found = classifier.loaded.signatures["explain"](text=tf.constant([TEXTS[0], "退 unheard"]))
    tokens, width = found["tokens"].numpy(), found["tokens"].shape[1]
    assert tokens[:, :4].tolist() == [[b"the", b"lamp", b"is", b"broken"], ["退".encode(), b"[UNK]", b"", b""]]
    assert not tokens[:, 4:].any()
    attention, pooling = found["attention_0"].numpy(), found["pooling_mean"].numpy()
    assert attention.shape == (2, 3, width, width) and pooling.shape == (2, width)
    np.testing.assert_allclose(attention[1, :, :2, :2].sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(pooling[1], [0.5, 0.5] + [0] * (width - 2))
    expected = classifier.probabilities([TEXTS[0], "退 unheard"])
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5)


def test_integrated_gradients_are_complete(explained):
    for one in explained:
        assert one.incompleteness <= TOLERANCE, one.text
        assert len(one.scores["integrated_gradients"]) == len(one.words)


def test_the_difference_is_that_of_the_whole_model(explained, untrained):
    """The difference from a text of unknown tokens without n-grams, in the logits of the mixture."""
    for one in explained:
        words = untrained.tokenizer.words(tf.constant([one.text]))
        ids = untrained.tokenizer.padded(words)
        _, unknown = untrained.explainer.embed(ids)
        encoder = untrained.explainer.watch(unknown, ids > 0)["encoder"]
        from_nothing = one.contrast @ (encoder + untrained.mixture.weights[1] * untrained.ngrams.bias).numpy()[0]
        assert one.difference == pytest.approx(contrasted(one.probabilities, one.contrast) - from_nothing, abs=1e-4)


def test_ngrams_sum_exactly_to_the_difference_of_the_linear_logits(explained, untrained):
    for one in explained:
        logits = untrained.ngrams(untrained.tokenizer.words(tf.constant([one.text]))).numpy()[0]
        share = untrained.mixture.weights.numpy()[1]
        expected = share * one.contrast @ (logits - untrained.ngrams.bias.numpy())
        assert one.scores["ngrams"].sum() == pytest.approx(expected, abs=1e-5)
    assert any(np.abs(one.scores["ngrams"]).max() > 0.1 for one in explained)


def test_occlusion_is_scoring_the_text_without_the_word(explained, classifier):
    one = explained[1]
    assert one.text == "where is my refund"
    (left,) = classifier.probabilities(["where my refund"])
    lost = contrasted(one.probabilities, one.contrast) - contrasted(left, one.contrast)
    assert one.scores["occlusion"][1] == pytest.approx(lost, abs=1e-4)


def test_shares_sum_to_one(explained):
    for one in explained:
        for name in ("attention", "rollout", "pooling"):
            assert one.scores[name].sum() == pytest.approx(1, abs=1e-5)


def test_a_text_without_words(explainer):
    ((_, one),) = explainer.explain(["\u200b"], np.full((1, 5), 0.2), contrasts_of(np.array([0]), 5, several=False))
    assert one.words == [] and one.tokens == [] and one.incompleteness == 0
    assert all(len(scores) == 0 for scores in one.scores.values())


def test_pieces_belong_to_their_words(untrained):
    tokenizer = WordPieceTokenizer(max_tokens=5, min_frequency=1, truncation="head_tail")
    tokenizer.learn(TEXTS)
    explainer = Explainer(Encoder(untrained.encoder, tokenizer), None, None, make_task(several=False))
    read = explainer.read(tf.constant(["love thelamp", "on it where is switch on"]))
    tokens, places = read["tokens"].numpy().tolist(), read["places"].numpy().tolist()
    words = read["words"].to_list()
    for row, pieces in enumerate(tokens):
        for piece, place in zip(pieces, places[row], strict=True):
            assert (piece == b"") == (place == -1)
            assert not piece or piece.removeprefix(b"##") in words[row][place]
    assert len(words[0]) == 2 and places[0].count(1) > 1  # a word with several pieces


def test_a_model_of_an_earlier_version(classifier, monkeypatch):
    earlier = type("Earlier", (), {"signatures": {"serving_default": None}})
    monkeypatch.setattr(classifier, "loaded", earlier)
    with pytest.raises(UserError, match="has no signature explain"):
        SavedExplainer(classifier)


def test_mistakes_are_explained_against_their_label(explainer, classifier):
    labels = (classifier.probabilities(SOME).argmax(axis=1) + 1) % len(LABELS)
    labels[0] = (labels[0] - 1) % len(LABELS)
    report = explain_texts(explainer, Texts(SOME, SOME, labels), Explained(sample=0, shown=3), seed=0)
    assert len(report.mistakes) == 3 and report.faithfulness is None
    scores = [one.explanation.probabilities.max() for one in report.mistakes]
    assert scores == sorted(scores, reverse=True)
    for one in report.mistakes:
        (label,) = one.labels
        assert (
            one.explanation.contrast[label] == -1
            and one.explanation.contrast[one.explanation.probabilities.argmax()] == 1
        )
        assert one.explanation.text != SOME[0]


def run(model_folder, output, **settings):
    tracking = Server(f"sqlite:///{output / 'none.db'}")
    return command.explain(ExplainSettings(str(model_folder), tracking=tracking, **settings), output)


@pytest.fixture(autouse=True)
def started(monkeypatch):
    monkeypatch.setattr("classifier.start.start_saved_models", lambda: None)


def test_the_command_on_a_file(model_folder, tmp_path, capsys):
    with (tmp_path / "in.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("message", "topic"), *((text, LABELS[0]) for text in SOME), ("", "praise")])
    columns, options = Columns(text="message", label="topic"), Explained(sample=3, shown=2, most_texts=6)
    summary = run(model_folder, tmp_path, input=str(tmp_path / "in.csv"), data=columns, explain=options)
    printed = capsys.readouterr().out
    assert "1 row cannot be explained" in printed and f"6 of {len(SOME)} texts are explained" in printed
    assert summary["texts"] == len(SOME) and summary["run_id"] is None and summary["page"] in printed
    lines = (tmp_path / "explanation" / "explanations.jsonl").read_text(encoding="utf-8").splitlines()
    one = json.loads(lines[-1])
    assert one["text"] == SOME[1] and len(one["words"]) == len(one["occlusion"]) == len(one["ngrams"])
    assert (tmp_path / "explanation" / "faithfulness.csv").read_text().count("\n") == 1 + 4 * 7
    assert "but it is <bdi>billing</bdi>" in (tmp_path / "explanation" / "explanation.html").read_text(encoding="utf-8")
    assert (tmp_path / "rejects.csv").exists() and not (tmp_path / "none.db").exists()


def test_the_command_on_a_text(model_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("classifier.tracking.models.run_of_model", lambda *_: "run7")
    logged = []
    monkeypatch.setattr("classifier.tracking.models.log_folder", lambda *given: not logged.append(given[:3]))
    run(model_folder, tmp_path, text="where is my <lamp>")
    assert logged == [("run7", tmp_path / "explanation", f"explanation/{tmp_path.name}")]
    printed = capsys.readouterr().out
    assert "Run      run7" in printed
    assert re.search(r"^\w.* \d+\.\d%: (\S+ [+-]\d+\.\d\d, ){4}\S+ [+-]\d+\.\d\d \(integrated", printed, re.MULTILINE)
    html = (tmp_path / "explanation" / "explanation.html").read_text(encoding="utf-8")
    assert "&lt;" in html and "Which explanation to believe" not in html
    assert (tmp_path / "explanation" / "pictures" / "text_1_attention.png").exists()


def test_a_missing_column_is_refused_before_the_model_is_loaded(model_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("classifier.artifact.saved_model.SavedClassifier", lambda folder: pytest.fail("loaded"))
    (tmp_path / "in.csv").write_text("massage,topic\nhello,praise\n")
    with pytest.raises(UserError, match=r"has no column 'message'\. Did you mean 'massage'\? .*data\.text="):
        run(model_folder, tmp_path, input=str(tmp_path / "in.csv"), data=Columns(text="message"))


def test_labels_in_another_case_find_their_classes(model_folder, classifier, tmp_path):
    (tmp_path / "in.csv").write_text(f"text,label\nwhere is it,{LABELS[0].upper()}\nthank you,\u200b{LABELS[1]}\n")
    columns = Columns(label="label", label_case=LabelCase.fold)
    settings = ExplainSettings(str(model_folder), input=str(tmp_path / "in.csv"), data=columns)
    labels = command.read_texts(settings, classifier, model_folder, tmp_path).labels
    assert labels is not None and labels.tolist() == [0, 1]


def test_texts_without_labels(model_folder, classifier, tmp_path):
    (tmp_path / "in.jsonl").write_text('{"text": "where is it"}\n{"text": null}\n')
    texts = command.read_texts(
        ExplainSettings(str(model_folder), input=str(tmp_path / "in.jsonl")), classifier, model_folder, tmp_path
    )
    assert texts.texts == ["where is it"] and texts.origins == ["in.jsonl:1"] and texts.labels is None
    (tmp_path / "in.jsonl").write_text('{"text": ""}\n')
    with pytest.raises(UserError, match="there is no row with a text"):
        command.read_texts(
            ExplainSettings(str(model_folder), input=str(tmp_path / "in.jsonl")), classifier, model_folder, tmp_path
        )


@pytest.mark.parametrize("depth", [0, 1])
def test_an_encoder_alone_whose_attention_has_no_heads_or_that_has_none(untrained, depth):
    settings, vocabulary = (
        ScratchSettings(depth=depth, width=12, intermediate_dim=7),
        len(untrained.tokenizer.vocabulary),
    )
    encoder = build_classifier(settings, ScaledDotAttention, MeanPooling(), vocabulary, 11, len(LABELS))
    graph = Explainer(Encoder(encoder, untrained.tokenizer), None, None, make_task(several=False))
    loaded = type("Loaded", (), {"signatures": {"explain": None}, "explainer": graph})()
    alone = SavedClassifier.__new__(SavedClassifier)
    alone.loaded = loaded
    ((_, one),) = SavedExplainer(alone).explain(
        [SOME[0]], np.full((1, 5), 0.2), contrasts_of(np.array([0]), 5, several=False)
    )
    assert "ngrams" not in one.scores and one.incompleteness <= TOLERANCE
    assert [layer.shape for layer in one.attention] == [(1, 4, 4)] * depth
    assert ("rollout" in one.scores) == bool(depth) and one.scores["pooling"].sum() == pytest.approx(1)
