"""A student learns from a model or from files of probabilities, also on texts without labels."""

import numpy as np
import pandas as pd
import pytest
from small_model import LABELS, TEXTS

from classifier import TextClassifier
from classifier.data import Examples, Splits, add_unlabelled, check_probabilities, read_probabilities
from classifier.errors import UserError
from classifier.pipeline.teacher import Teacher, ask_teacher, check_classes, keep_probabilities, refuse_none
from classifier.settings import DataSettings, Reading, TrainSettings
from classifier.tasks import NoneOfThese

NAMES = ("bird", "fruit")
TINY = (
    "encoder=tiny", "encoder.width=12", "attention.num_heads=3", "trainer.epochs=2", "tokenizer.max_tokens=8"
)  # fmt: skip


def splits(train: list[str]) -> Splits:
    parts = [
        Examples(texts, np.arange(len(texts), dtype=np.int32) % 2, NAMES, texts)
        for texts in (train, ["an owl"], ["a pear"])
    ]
    return Splits(*parts, rejects=[], files=[], notices=[], contradictions=[])


def table(path, texts, first, **more):
    pd.DataFrame({"text": texts, "probability_fruit": 1 - np.array(first), "probability_bird": first, **more}).to_csv(
        path, index=False
    )
    return path


def test_probabilities_are_found_by_text_and_class(tmp_path):
    path = table(tmp_path / "scored.csv", ["b", "a", "c"], [0.1, 0.8, 0.5])
    assert check_probabilities([path], Reading()) == ("fruit", "bird")
    found, known = read_probabilities([path], Reading(), NAMES, ["a", "b", "a", "d"])
    np.testing.assert_allclose(found[:3], [[0.8, 0.2], [0.1, 0.9], [0.8, 0.2]], rtol=1e-6)
    assert known.tolist() == [True, True, True, False]


@pytest.mark.parametrize(
    ("values", "message"),
    [([0.1, 1.5], "probability_bird is '1.5', not a probability"), ([0.1, None], "is '', not a probability")],
)
def test_what_is_no_probability_is_refused(tmp_path, values, message):
    path = table(tmp_path / "scored.csv", ["a", "b"], [0.1, 0.5])
    frame = pd.read_csv(path)
    frame["probability_bird"] = values
    frame.to_csv(path, index=False)
    with pytest.raises(UserError, match=r"scored\.csv:3") as caught:
        read_probabilities([path], Reading(), NAMES, ["a", "b"])
    assert message in str(caught.value)


def test_a_file_without_probabilities_is_refused(tmp_path):
    pd.DataFrame({"text": ["a"], "label": ["bird"]}).to_csv(tmp_path / "scored.csv", index=False)
    with pytest.raises(UserError, match="classifier score writes them with probabilities=true"):
        check_probabilities([tmp_path / "scored.csv"], Reading())


def test_other_classes_are_refused():
    check_classes("distill.teacher=x", ("fruit", "bird"), NAMES)
    with pytest.raises(UserError, match="it does not know 'bird' and it also knows 'tool'"):
        check_classes("distill.teacher=x", ("fruit", "tool"), NAMES)


def test_texts_without_an_answer_are_refused(tmp_path):
    path = table(tmp_path / "scored.csv", ["a"], [0.1])
    teacher = Teacher("distill.teacher=scored.csv", None, [path], NAMES, "")
    settings = TrainSettings(data=DataSettings())
    assert ask_teacher(teacher, settings, splits(["a", "a"]), tmp_path / "kept").shape == (2, 2)
    with pytest.raises(UserError, match="no probabilities for 1 of 2 texts, such as 'new'"):
        ask_teacher(teacher, settings, splits(["a", "new"]), tmp_path / "kept")


def test_a_model_is_asked_once(tmp_path, model_folder, classifier, monkeypatch):
    teacher, kept = Teacher("distill.teacher=model", model_folder, [], (), "abc"), tmp_path / "teacher.parquet"
    keep_probabilities(teacher, LABELS, TEXTS, kept)
    found, known = read_probabilities([kept], Reading(), LABELS, TEXTS)
    np.testing.assert_allclose(found, classifier.probabilities(TEXTS), atol=1e-6)
    assert known.all()
    monkeypatch.setattr("classifier.pipeline.teacher.SavedClassifier", lambda _: pytest.fail("asked again"))
    keep_probabilities(teacher, LABELS, TEXTS, kept)
    with pytest.raises(pytest.fail.Exception):
        keep_probabilities(teacher, LABELS, TEXTS[1:], kept)


def test_unlabelled_texts_of_a_split_are_left_out(tmp_path):
    texts = ["new", "an  owl", "a pear", "known", "", "newer"]
    pd.DataFrame({"id": range(6), "text": texts}).to_csv(tmp_path / "more.csv", index=False)
    parts = splits(["known"])
    add_unlabelled(parts, str(tmp_path / "more.csv"), DataSettings(max_bad_rows=0.5))
    assert parts.unlabelled == ["new", "newer"]
    assert [reject.row for reject in parts.rejects] == [6]
    assert parts.notices[-3:] == [f"1 unlabelled text also occurs in {name}: left out." for name in parts.parts()]


def test_a_training_learns_what_only_the_teacher_knows(tmp_path, monkeypatch, unchecked):
    """Unlabelled texts bring words that no labelled text has."""
    monkeypatch.chdir(tmp_path)
    labelled = [f"{word} number {number}" for number in range(20) for word in ("owl", "apple")]
    more = [f"{word} digit {number}" for number in range(40) for word in ("wren", "plum")]
    table(tmp_path / "teacher.csv", [*labelled, *more], [0.95, 0.05] * 60)
    pd.DataFrame({"text": more}).to_csv(tmp_path / "more.csv", index=False)
    files = ("distill.teacher=teacher.csv", "data.unlabelled=more.csv")
    labels = ["bird", "fruit"] * 20
    model = TextClassifier(*TINY, *files).fit(labelled, labels)
    assert model.predict(["wren", "plum"]).tolist() == ["bird", "fruit"]
    with pytest.raises(UserError, match=r"data\.unlabelled needs a teacher"):
        TextClassifier(*TINY, files[1]).fit(labelled, labels)
    assert model.summary_["metrics"]["valid"]["accuracy"] == 1


def test_a_teacher_with_a_class_that_the_student_does_not_learn_is_refused(tmp_path):
    NoneOfThese("oos", (1.0,), 0.0).write(tmp_path)
    teacher = Teacher("distill.teacher=model", tmp_path, [], (), "")
    refuse_none(teacher, ["a", "oos"])
    with pytest.raises(UserError, match=r"was trained with data\.none_of_these=oos"):
        refuse_none(teacher, ["a", "b"])
