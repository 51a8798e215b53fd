"""The Python interface: fit, predict, explain, save and load, and conventions of scikit-learn estimators."""

import gc
import pickle
import random
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from forked_commands import run_command
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from unchecked import unchecked_exports

from classifier import TextClassifier, load
from classifier.errors import UserError

pytestmark = [
    pytest.mark.usefixtures("unchecked"),
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning", "ignore::UserWarning"
    ),
]
WORDS = {"bird": ["owl", "wren", "kite"], "fruit": ["apple", "pear", "plum"], "tool": ["saw", "axe", "file"]}
QUICK = ("encoder=tiny", "encoder.width=12", "attention.num_heads=3", "encoder.linear=none", "trainer.epochs=2")


def examples(count: int = 90) -> tuple[list[str], list[str]]:
    """Returns texts that contain a word of their class."""
    draw = random.Random(3)
    labels = [sorted(WORDS)[place % 3] for place in range(count)]
    return [f"{draw.choice(WORDS[label])} number {place}" for place, label in enumerate(labels)], labels


TEXTS, LABELS = examples()


@pytest.fixture(scope="module")
def fitted() -> TextClassifier:
    with unchecked_exports():
        return TextClassifier(*QUICK).fit(TEXTS, LABELS)


def test_probabilities_and_labels(fitted, capsys):
    probabilities = fitted.predict_proba(TEXTS)
    assert fitted.classes_.tolist() == sorted(WORDS)
    assert probabilities.shape == (90, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (fitted.predict(TEXTS) == fitted.classes_[probabilities.argmax(axis=1)]).all()
    assert 0 <= fitted.score(TEXTS, LABELS) <= 1
    assert is_classifier(fitted)


def test_twice_in_one_process_gives_the_same_bits_and_leaves_nothing(fitted, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    states = random.getstate(), np.random.get_state()[1].tolist()
    again = clone(fitted).fit(TEXTS, LABELS)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []
    assert states == (random.getstate(), np.random.get_state()[1].tolist())
    assert again.summary_["run_id"] is None
    np.testing.assert_array_equal(again.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_the_folder_of_a_model_goes_with_it(fitted):
    copy = pickle.loads(pickle.dumps(fitted))
    folder = copy._model.parent
    assert folder.is_dir()
    del copy
    gc.collect()
    assert not folder.exists()


def test_a_model_is_that_of_the_command(fitted, tmp_path):
    """The same rows and settings give the same probabilities, bit for bit."""
    pd.DataFrame({"text": TEXTS, "label": LABELS}).to_parquet(tmp_path / "train.parquet")
    files = [f"data.train={tmp_path}/train.parquet", "data.test_share=0", "tracking.enabled=false"]
    done = run_command("train", *QUICK, *files, f"hydra.run.dir={tmp_path}/run", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Run  " not in done.stdout
    assert not (tmp_path / "mlflow.db").exists()
    of_command = load(tmp_path / "run")
    np.testing.assert_array_equal(of_command.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, lambda values: np.array(values, dtype=object)])
def test_texts_of_any_kind(fitted, kind):
    assert fitted.predict(kind(TEXTS[:5])).tolist() == fitted.predict(TEXTS[:5]).tolist()


def test_labels_come_back_as_they_were_given():
    labels = [10, 9, -1]
    model = TextClassifier(*QUICK).fit(TEXTS, np.array([labels[place % 3] for place in range(len(TEXTS))]))
    assert model.classes_.tolist() == sorted(labels)
    assert set(model.predict(TEXTS).tolist()) <= set(labels)


def test_a_frame_with_validation_and_booleans():
    frame = pd.DataFrame({"subject": TEXTS, "body": ["", *TEXTS[1:]], "bird": [label == "bird" for label in LABELS]})
    columns = {"text": ["subject", "body"], "label": "bird"}
    model = TextClassifier(*QUICK, seed=1).fit(frame, **columns, validation_data=frame.iloc[:30])
    assert model.summary_["metrics"]["valid"]["examples"] == 30
    assert model.classes_.tolist() == [False, True]
    assert set(model.predict(TEXTS).tolist()) <= {False, True}


def test_an_explanation_shows_itself(fitted):
    explanation = fitted.explain("an owl, perhaps")
    assert explanation.words == ["an", "owl", ",", "perhaps"]
    assert explanation.label == fitted.predict(["an owl, perhaps"])[0]
    assert explanation.scores("occlusion").shape == (4,)
    assert "<iframe" in explanation._repr_html_()
    with pytest.raises(KeyError, match="is not one of"):
        explanation.scores("magic")


def test_saved_loaded_and_pickled(fitted, tmp_path):
    expected = fitted.predict_proba(TEXTS)
    loaded = load(fitted.save(tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), expected)
    assert repr(loaded).startswith(f"load({str(tmp_path / 'model')!r})  # 3 classes: ")
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(TEXTS), expected)
    with pytest.raises(UserError, match="exists already"):
        fitted.save(tmp_path / "model")


def test_parameters():
    model = TextClassifier("encoder=tiny", "trainer.epochs=5", seed=3, track=True)
    assert model.get_params() == {
        "encoder": "tiny", "trainer.epochs": "5", "seed": 3, "track": True, "verbose": False
    }  # fmt: skip
    assert repr(model) == "TextClassifier('encoder=tiny', 'trainer.epochs=5', 'seed=3', track=True)"
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(**{"trainer.epochs": 7}).overrides() == ["encoder=tiny", "trainer.epochs=7", "seed=3"]


def test_scikit_learn_searches_through_pipelines():
    pipeline = Pipeline([
        ("lower", FunctionTransformer(lambda texts: [text.lower() for text in texts])),
        ("classify", TextClassifier(*QUICK)),
    ])  # fmt: skip
    once = [(np.arange(0, 90, 2), np.arange(1, 90, 2))]
    search = GridSearchCV(pipeline, {"classify__encoder.depth": [0, 1]}, cv=once, refit=False, error_score="raise")
    search.fit(np.array(TEXTS), np.array(LABELS))
    assert search.cv_results_["param_classify__encoder.depth"].tolist() == [0, 1]
    assert not np.isnan(search.cv_results_["mean_test_score"]).any()


@pytest.mark.parametrize(
    ("model", "X", "y", "message"),
    [
        (("encoder.dept=3",), TEXTS, LABELS, "encoder.dept is not an option. Did you mean 'encoder.depth'?"),
        (("encoder=huge",), TEXTS, LABELS, "encoder=huge: choose from base, minilm, pretrained, small, tiny."),
        (QUICK, TEXTS, LABELS[1:], "X has 90 texts, but there are 89 labels."),
        (QUICK, TEXTS, None, "X needs labels"),
        (QUICK, "one text", ["bird"], "X is a single text; give a list of texts"),
        (QUICK, [None, *TEXTS[1:]], LABELS, "The text at place 0 of X is None"),
        (QUICK, TEXTS, [None, *LABELS[1:]], "The label at place 0, None, cannot be used: the label is missing."),
        (QUICK, TEXTS, ["same"] * 90, "every label in the column"),
        (QUICK, [[1, 2], [3, 4]], ["a", "b"], "is not a string"),
        (QUICK, pd.DataFrame({"message": TEXTS}), LABELS, "X has no column 'text'; there are message."),
        (QUICK, np.zeros((3, 2)), ["a", "b", "c"], "X is a table"),
    ],
)
def test_mistakes_are_sentences(model, X, y, message):
    with pytest.raises(UserError) as caught:
        TextClassifier(*model).fit(X, y)
    assert message in str(caught.value)


def test_a_model_that_is_not_fitted_says_so():
    with pytest.raises(NotFittedError, match="call fit first"):
        TextClassifier().predict(["a"])
    with pytest.raises(UserError, match="is not a setting; write it as 'key=value'"):
        TextClassifier("encoder")
    with pytest.raises(UserError, match="no such folder"):
        load("nowhere/model")


def test_importing_the_package_is_light():
    program = "import sys, classifier; print(sorted({'numpy', 'sklearn', 'tensorflow', 'hydra'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


CHECKS = (  # of scikit-learn that need no data; the others fit tables of numbers
    "check_estimator_cloneable",
    "check_estimator_tags_renamed",
    "check_estimator_repr",
    "check_estimators_unfitted",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
)


@pytest.mark.parametrize("name", CHECKS)
def test_the_checks_of_scikit_learn(name):
    from sklearn.utils import estimator_checks

    getattr(estimator_checks, name)("TextClassifier", TextClassifier("encoder=tiny"))


@pytest.mark.filterwarnings("ignore:Can.t test estimator")
def test_scikit_learn_skips_the_checks_with_numbers():
    from sklearn.utils.estimator_checks import check_estimator

    results = check_estimator(TextClassifier("encoder=tiny"), on_skip=None)
    assert [one["status"] for one in results] == ["passed"]
