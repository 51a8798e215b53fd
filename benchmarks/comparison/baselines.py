"""The baselines, one function each; runs in the process of the baseline that is measured.

Each baseline chooses its settings by accuracy on the validation split that `seed=0` gives `classifier train`, and is
then fitted on train and valid together; the test split is scored once, by that last model.

So that a baseline takes minutes, the long texts of IMDB and 20 newsgroups have smaller grids, words and character
n-grams that occur in two texts at least, and at most 300,000 character n-grams, none across the borders of words.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from harness.project import train_settings

from classifier.data import Splits, load_splits

LONG_TEXTS = ("imdb", "newsgroups20")
AUTOTUNE_SECONDS = 120  # what fastText's autotune may take


@dataclass(frozen=True, slots=True)
class Task:
    """The data, and what depends on them."""

    splits: Splits
    long_texts: bool

    @property
    def examples(self) -> tuple[list[str], np.ndarray]:
        """Texts and class numbers of train, then of valid."""
        train, valid = self.splits.train, self.splits.valid
        return train.texts + valid.texts, np.concatenate([train.labels, valid.labels])


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model of train and valid together."""

    predict: Callable[[list[str]], Any]  # (examples,) class numbers
    size: Callable[[], int]  # of its file, in bytes
    training_seconds: float
    settings: Mapping[str, Any] = field(default_factory=dict)  # what validation chose
    choosing_seconds: float = 0.0


def majority(task: Task) -> Fitted:
    """The most frequent class, whatever the text."""
    from sklearn.dummy import DummyClassifier

    return fitted(DummyClassifier(strategy="most_frequent"), task)


def logistic(task: Task) -> Fitted:
    """TF-IDF of words and pairs of neighbours, logistic regression."""
    from sklearn.linear_model import LogisticRegression

    grid = {"classifier__C": (3, 10, 30) if task.long_texts else (1, 3, 10, 30)}
    return searched(words(task), LogisticRegression(max_iter=1000), grid, task)


def linear_svc(task: Task) -> Fitted:
    """TF-IDF of words, pairs of neighbours and runs of 3 to 5 characters; linear support vectors."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion
    from sklearn.svm import LinearSVC

    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    grid = {"classifier__C": (0.1, 0.3, 1, 3), "features__characters__analyzer": ("char_wb", "char")}
    if task.long_texts:
        characters.set_params(min_df=2, max_features=300_000)
        grid = {"classifier__C": (0.1, 0.5)}
    features = FeatureUnion([("words", words(task)), ("characters", characters)])
    return searched(features, LinearSVC(random_state=0), grid, task)


def nb_svm(task: Task) -> Fitted:
    """Presence of words and pairs of neighbours, weighted by naive Bayes; linear support vectors."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.multiclass import OneVsRestClassifier

    from comparison.naive_bayes_svm import NaiveBayesSVM

    present = CountVectorizer(binary=True, ngram_range=(1, 2), min_df=2 if task.long_texts else 1)
    grid = {"classifier__estimator__C": (0.01, 0.1, 1) if task.long_texts else (0.01, 0.03, 0.1, 0.3, 1)}
    return searched(present, OneVsRestClassifier(NaiveBayesSVM()), grid, task)


def fasttext(task: Task, settings: Mapping[str, Any] | None = None) -> Fitted:
    """fastText with its own settings, but pairs of neighbours (Joulin et al. 2017); it chooses nothing."""
    from comparison.fasttext_files import predicted, saved_bytes, trained

    settings, began = settings or {"wordNgrams": 2}, time.monotonic()
    model = trained(task.examples, **settings)
    seconds = time.monotonic() - began
    return Fitted(lambda texts: predicted(model, texts), lambda: saved_bytes(model), seconds, settings)


def fasttext_autotune(task: Task) -> Fitted:
    """fastText with the settings that its autotune finds on the validation split in the given time."""
    from comparison.fasttext_files import tuned

    train, valid = task.splits.train, task.splits.valid
    began = time.monotonic()
    settings = tuned((train.texts, train.labels), (valid.texts, valid.labels), AUTOTUNE_SECONDS)
    seconds = time.monotonic() - began
    return replace(fasttext(task, settings), choosing_seconds=seconds)


BASELINES = {one.__name__: one for one in (majority, logistic, linear_svc, nb_svm, fasttext, fasttext_autotune)}


def words(task: Task):
    """TF-IDF of words and pairs of neighbours."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2 if task.long_texts else 1)


def searched(features: Any, classifier: Any, grid: Mapping[str, Sequence[Any]], task: Task) -> Fitted:
    """The best of the grid on the validation split, fitted again; features are computed once for all of it."""
    from sklearn.model_selection import GridSearchCV, PredefinedSplit
    from sklearn.pipeline import Pipeline

    in_valid = np.repeat([-1, 0], [len(task.splits.train), len(task.splits.valid)])  # -1 is never validated on
    same = {"scoring": "accuracy", "cv": PredefinedSplit(in_valid), "refit": False, "error_score": "raise"}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as cache:
        pipeline = Pipeline([("features", features), ("classifier", classifier)], memory=cache)
        best = GridSearchCV(pipeline, dict(grid), **same).fit(*task.examples).best_params_
    seconds = time.monotonic() - began
    model = fitted(pipeline.set_params(memory=None, **best), task)
    return replace(model, settings=best, choosing_seconds=seconds)


def fitted(model: Any, task: Task) -> Fitted:
    """A scikit-learn model of train and valid together; its size is that of the file that joblib makes of it."""
    import joblib

    began = time.monotonic()
    model.fit(*task.examples)
    seconds = time.monotonic() - began

    def size() -> int:
        with tempfile.TemporaryDirectory() as folder:
            (path,) = joblib.dump(model, Path(folder) / "model.joblib")
            return Path(path).stat().st_size

    return Fitted(model.predict, size, seconds)


def measure(data: str, baseline: str, folder: str) -> dict[str, Any]:
    """Fits the baseline and scores the test split; writes its predictions as `classifier train` writes its own."""
    import pyarrow.parquet

    from classifier.evaluation.arrays import one_hot
    from classifier.evaluation.mistakes import predictions_table
    from classifier.evaluation.scored import Scored

    splits = load_splits(train_settings((f"data={data}", "seed=0")).data, 0)
    model, test = BASELINES[baseline](Task(splits, data in LONG_TEXTS)), splits.test
    assert test is not None
    sure = one_hot(np.asarray(model.predict(test.texts)), len(test.label_names)).astype(np.float64)
    table = predictions_table(Scored(test.labels, sure, list(test.label_names), test.texts, test.origins))
    pyarrow.parquet.write_table(table, Path(folder) / "predictions.parquet")
    limit = f"in {AUTOTUNE_SECONDS} s: " if baseline == "fasttext_autotune" else ""
    return {
        "settings": limit + told(model.settings),
        "choosing_seconds": model.choosing_seconds,
        "training_seconds": model.training_seconds,
        "model_mb": model.size() / 2**20,
        "predictions": "predictions.parquet",
    }


def told(settings: Mapping[str, Any]) -> str:
    """The settings for a reader: `C=0.3, analyzer=char`."""
    rounded = {name: f"{value:.3g}" if isinstance(value, float) else value for name, value in settings.items()}
    return ", ".join(f"{name.rpartition('__')[2]}={value}" for name, value in rounded.items())
