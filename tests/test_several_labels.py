"""A classifier of texts with several labels each, from Python to every way to use it."""

import json

import numpy as np
import pandas as pd
import pytest

from classifier import TextClassifier, load
from classifier.errors import UserError
from classifier.explain import explain
from classifier.settings import ExplainSettings

WORDS = {"bird": ["owl", "wren", "kite"], "fruit": ["apple", "pear", "plum"], "tool": ["saw", "axe", "file"]}
TINY = ("encoder=tiny", "encoder.width=12", "attention.num_heads=3", "trainer.epochs=1", "tokenizer.max_tokens=8")
FORMATS = ("export.formats=[savedmodel,onnx]", "export.weights=[float32,float16]")


def drawn(count: int, seed: int) -> tuple[list[str], list[list[str]]]:
    """Returns texts with two words of each of their labels; some have none."""
    random = np.random.default_rng(seed)
    texts, sets = [], []
    for number in range(count):
        sets.append([label for label in WORDS if random.random() < 0.4])
        words = [word for label in sets[-1] for word in random.choice(WORDS[label], 2)]
        texts.append(" ".join([f"n{number}", *random.permutation(words), "and", "so"]))
    return texts, sets


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return tmp_path_factory.mktemp("several") / "run"


@pytest.fixture(scope="module")
def model(run):
    return TextClassifier(
        *TINY, f"hydra.run.dir={run}", "export.formats=[savedmodel,onnx]", "export.weights=[float32,float16]"
    ).fit(*drawn(150, 1), validation_data=drawn(50, 2))


def test_it_predicts_several_labels_or_none(model):
    texts, sets = drawn(60, 3)
    assert model.score(texts, sets) > 0.8
    probabilities = model.predict_proba(texts)
    assert probabilities.shape == (60, 3) and (probabilities.sum(axis=1) > 1.5).any()
    assert {len(found) for found in model.predict(texts)} >= {0, 1, 2}
    assert model.classes_.tolist() == list(WORDS)


def test_the_metrics_of_label_sets_are_in_the_summary_and_on_the_page(model, run):
    metrics = model.summary_["metrics"]["valid"]
    assert metrics["micro_f1"] > 0.8 and metrics["hamming_loss"] < 0.2 and metrics["macro_f1_low"] < metrics["macro_f1"]
    page = (run / "report" / "index.html").read_text()
    for said in ("predicts all labels of", "labels.maximize=macro_f1"):
        assert said in page
    for of_one_label in ("onfusion", "predicted instead"):
        assert of_one_label not in page
    predictions = pd.read_parquet(run / "report" / "valid" / "predictions.parquet")
    assert [set(labels) for labels in predictions["label"]] == [set(labels) for labels in drawn(50, 2)[1]]


def test_every_way_to_use_the_model_gives_the_same_labels(model, run, tmp_path):
    import tensorflow as tf

    from classifier.score import score
    from classifier.settings import ScoreSettings

    texts = drawn(20, 4)[0]
    expected = [list(found) for found in model.predict(texts)]
    again = load(run)
    assert [list(found) for found in again.predict(texts)] == expected
    graph = tf.saved_model.load(str(run / "model")).signatures["serving_default"](text=tf.constant(texts))["labels"]
    assert [[label.decode() for label in row if label] for row in graph.numpy()] == expected
    pd.DataFrame({"text": texts}).to_csv(tmp_path / "in.csv", index=False)
    score(ScoreSettings(str(run), input=str(tmp_path / "in.csv"), output=str(tmp_path / "out.jsonl")), tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["labels"] for row in rows] == expected


def test_the_other_formats_give_the_same_labels(model, run):
    import tensorflow as tf

    from classifier.artifact.formats.classify import Classifier

    texts = drawn(20, 4)[0]
    expected = [list(found) for found in model.predict(texts)]
    halves = tf.saved_model.load(str(run / "formats" / "savedmodel" / "float16")).signatures["serving_default"]
    graph = halves(text=tf.constant(texts))["labels"].numpy()
    assert [[label.decode() for label in row if label] for row in graph] == expected
    for weights in ("float32", "float16"):
        answers = Classifier(run / "formats" / "onnx" / weights).answers(texts)
        assert [answer["labels"] for answer in answers] == expected


def test_a_label_is_explained_by_its_own_words(model):
    found = model.explain("the owl and the axe")
    scores = dict(zip(found.words, found.scores("occlusion"), strict=True))
    assert max(scores, key=scores.__getitem__) in ("owl", "axe")
    assert found.explanation.incompleteness < 0.05
    other = model.explain("the owl and the axe", "fruit")
    assert other.label == "fruit" and "(not predicted)" in str(other)


def test_each_label_and_each_kind_of_mistake_is_explained(run, model, tmp_path):
    rows = [("owl wren and axe saw", "bird|tool"), ("apple pear and so", "bird"), ("so and so", "")]
    path = tmp_path / "some.csv"
    path.write_text("text,label\n" + "".join(f"{text},{labels}\n" for text, labels in rows))
    settings = ExplainSettings(str(run / "model"), input=str(path))
    settings.data.label, settings.data.separator = "label", "|"
    summary = explain(settings, tmp_path)
    written = (tmp_path / "explanation" / "explanations.jsonl").read_text()
    lines = [json.loads(line) for line in written.splitlines()]
    told = [(one["explained"], one["predicted"], one["label"]) for one in lines]
    wrongly = [("fruit", ["fruit"], ["bird"]), ("bird", ["fruit"], ["bird"])]
    assert told[:2] == wrongly
    assert sorted(told[2:4]) == [(label, told[2][1], ["bird", "tool"]) for label in ("bird", "tool")]
    assert set(told[2][1]) == {"bird", "tool"} and told[-1][1:] == ([], []) and summary["texts"] == 3
    settings.explain.label = "frut"
    with pytest.raises(UserError, match=r"explain.label=frut: the model has no such label. Did you mean 'fruit'\?"):
        explain(settings, tmp_path)


def test_lists_for_some_texts_only_are_refused():
    with pytest.raises(UserError, match="The label at place 1 is not a list"):
        TextClassifier(*TINY).fit(["a", "b"], [["x"], "y"])


@pytest.mark.parametrize("kind", [np.int64, bool])
def test_a_table_of_labels_without_names_is_refused(kind):
    with pytest.raises(UserError, match=r"MultiLabelBinarizer\.inverse_transform"):
        TextClassifier(*TINY).fit(["a", "b"], np.array([[0, 1], [1, 0]], kind))


def test_a_student_learns_from_a_teacher_with_several_labels(model, run, tmp_path):
    texts, sets = drawn(40, 5)
    student = TextClassifier(*TINY, f"distill.teacher={run}").fit(texts, sets)
    assert student.score(*drawn(60, 3)) > 0.5
    with pytest.raises(Exception, match="gives a text several labels, but the training data have one"):
        TextClassifier(*TINY, f"distill.teacher={run}").fit(texts, [list(WORDS)[row % 3] for row in range(40)])
