"""A classifier that answers none of these, from the training to every way to use it."""

import numpy as np
import pandas as pd
import pytest
from unchecked import unchecked_exports

from classifier import TextClassifier, load
from classifier.errors import UserError

WORDS = {"bird": ["owl", "wren", "kite"], "fruit": ["apple", "pear", "plum"], "tool": ["saw", "axe", "file"]}
OTHER = ["moon", "poem", "sea", "music"]
TINY = ("encoder=tiny", "encoder.width=12", "attention.num_heads=3", "trainer.epochs=1", "tokenizer.max_tokens=8")
KEY = "data.none_of_these=nothing"


def drawn(of_each: int, seed: int, outside: int = 0) -> tuple[list[str], list[str]]:
    """Returns texts of two words and their labels; those with the label `nothing` have words of no class."""
    random = np.random.default_rng(seed)
    labels = [*WORDS] * of_each + ["nothing"] * outside
    texts = [
        f"n{number} {' and '.join(random.choice(WORDS.get(label, OTHER), 2))}" for number, label in enumerate(labels)
    ]
    return texts, labels


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return tmp_path_factory.mktemp("none") / "run"


@pytest.fixture(scope="module")
def model(run):
    with unchecked_exports():
        return TextClassifier(*TINY, KEY, f"hydra.run.dir={run}", "abstain.coverage=0.8").fit(
            *drawn(40, 1), validation_data=drawn(15, 2, outside=15)
        )


def test_it_answers_none_of_these_without_having_learned_any(model):
    texts, labels = drawn(20, 3, outside=20)
    assert model.score(texts, labels) > 0.9
    assert model.classes_.tolist() == sorted([*WORDS, "nothing"])
    np.testing.assert_allclose(model.predict_proba(texts).sum(axis=1), 1, atol=1e-5)


def test_the_summary_and_the_page_say_what_it_is_worth_and_rests_on(model, run):
    metrics = model.summary_["metrics"]["valid"]
    assert metrics["in_scope_accuracy"] > 0.9 and metrics["out_of_scope_recall"] > 0.9
    assert metrics["out_of_scope_auroc"] > 0.9 and metrics["out_of_scope_recall_low"] < metrics["out_of_scope_recall"]
    page = (run / "report" / "index.html").read_text()
    assert "45 of other classes and 15 with this label; the model did not learn from them" in page
    assert "0 of 120 texts in train, 15 of 60 texts in valid" in page


def test_a_new_file_is_measured_with_the_label_that_the_model_remembers(model, run, tmp_path):
    from classifier.evaluate import evaluate
    from classifier.settings import DataSettings, EvaluateSettings

    texts, labels = drawn(20, 4, outside=20)
    path = tmp_path / "new.csv"
    pd.DataFrame({"text": texts, "label": labels}).to_csv(path, index=False)
    data = DataSettings(name="new", test=str(path), root="")
    found = evaluate(EvaluateSettings(model=str(run), data=data), tmp_path / "out")["metrics"]["test"]
    assert found["out_of_scope_recall"] > 0.9
    data.none_of_these = "oos"
    with pytest.raises(UserError, match="has the label 'nothing' for them"):
        evaluate(EvaluateSettings(model=str(run), data=data), tmp_path / "out")


def test_its_explanation_is_that_of_the_likeliest_other_class(model, run):
    explanation = load(run).explain("n1 moon and poem")
    assert explanation.label in WORDS and explanation.answers == (3,)
    assert explanation.explanation.contrast[-1] == 0
    with pytest.raises(UserError, match="there are no words"):
        load(run).explain("n1 moon and poem", label="nothing")


def test_several_labels_are_refused():
    texts, labels = drawn(5, 1)
    with pytest.raises(UserError, match="one without labels belongs to none of the classes"):
        TextClassifier(*TINY, KEY).fit(texts, [[label] for label in labels])
