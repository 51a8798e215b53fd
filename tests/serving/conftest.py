"""One tiny exported classifier for the session, and the scoring of files with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from serving_texts import LABELS, TEXTS
from table_files import read

from classifier.attention import MultiHeadAttention
from classifier.encoders import MeanPooling
from classifier.encoders.scratch import build_classifier
from classifier.errors import UserError
from classifier.ngrams import Method, Recipe, compute_tfidf, fit_linear
from classifier.serving.export import TextClassifier, export_model
from classifier.serving.plan import make_plan
from classifier.serving.saved_model import SavedClassifier
from classifier.serving.score_file import score_files
from classifier.settings import ModelSettings, ScoreSettings
from classifier.tokenizers import WordTokenizer


@pytest.fixture(scope="session")
def untrained() -> TextClassifier:
    """An encoder with large random weights, so that texts differ in their label, and a linear part that is fitted."""
    keras.utils.set_random_seed(3)
    tokenizer = WordTokenizer(max_tokens=11)
    tokenizer.learn(TEXTS)
    settings = ModelSettings(depth=1, width=12, feed_forward_width=7)
    vocabulary = len(tokenizer.vocabulary)
    encoder = build_classifier(
        settings, lambda: MultiHeadAttention(heads=3), MeanPooling(), vocabulary, 11, len(LABELS)
    )
    for weight in encoder.weights:
        weight.assign(3 * weight)
    twice = 2 * TEXTS  # what stands in a single text has no weights
    labels, sample_weights = np.arange(len(twice)) % len(LABELS), np.ones(len(twice))
    tfidf = compute_tfidf(tokenizer, twice, len(LABELS))
    linear = fit_linear(tfidf, labels, sample_weights, len(LABELS), {Recipe(Method.nb_svm, 1.0): 1.0}, seed=3)
    return TextClassifier(encoder, tokenizer, LABELS, linear, np.array([0.7, 3.0]))


@pytest.fixture(scope="session")
def model_folder(untrained, tmp_path_factory) -> Path:
    return export_model(untrained, TEXTS, tmp_path_factory.mktemp("export") / "model")


@pytest.fixture(scope="session")
def classifier(model_folder) -> SavedClassifier:
    return SavedClassifier(model_folder)


@pytest.fixture
def run(tmp_path, classifier) -> Callable[..., list[dict[str, Any]]]:
    """Scores files of tmp_path and reads the output back; `load` stands for the loading of the model."""

    def run(given: Any, output: str = "out.csv", load: Callable[[], Any] = lambda: classifier, **settings):
        paths = [str(tmp_path / one) for one in ([given] if isinstance(given, str) else given)]
        settings = {"overwrite": True, **settings}
        score_files(
            make_plan(ScoreSettings("model", paths, str(tmp_path / output), **settings), "abc", "mails/7"), load
        )
        return read(tmp_path / output)

    return run


@pytest.fixture
def refused(run) -> Callable[..., str]:
    """The message with which scoring refuses, before any model is loaded."""

    def refused(*arguments: Any, **settings: Any) -> str:
        with pytest.raises(UserError) as caught:
            run(*arguments, load=lambda: pytest.fail("loaded TensorFlow"), **settings)
        return str(caught.value)

    return refused
