"""The baselines, one function each; runs in the process of the baseline that is measured.

Each baseline chooses its settings by accuracy on the validation split that `seed=0` gives `classifier train`, and is
then fitted on train and valid together; the test split is scored once, by that last model.

So that a baseline takes minutes, the long texts of IMDB and 20 newsgroups have smaller grids, words and character
n-grams that occur in two texts at least, and at most 300,000 character n-grams, none across the borders of words.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from harness.project import train_settings

from classifier.data import Splits, load_splits

LONG_TEXTS = ("imdb", "newsgroups20")


@dataclass(frozen=True, slots=True)
class Task:
    """The data, and what depends on them or on the command line."""

    splits: Splits
    long_texts: bool
    autotune_seconds: int

    @property
    def texts(self) -> list[str]:
        """Of train, then of valid."""
        return self.splits.train.texts + self.splits.valid.texts

    @property
    def labels(self) -> np.ndarray:
        """(examples,) class numbers of `texts`."""
        return np.concatenate([self.splits.train.labels, self.splits.valid.labels])


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model of train and valid together."""

    predict: Callable[[list[str]], Any]  # (examples,) class numbers
    size: Callable[[], int]  # of its file, in bytes
    settings: str  # what validation chose
    training_seconds: float
    choosing_seconds: float = 0.0


def majority(task: Task) -> Fitted:
    """The most frequent class, whatever the text."""
    from sklearn.dummy import DummyClassifier

    return fitted_again(DummyClassifier(strategy="most_frequent"), {}, task)


def logistic(task: Task) -> Fitted:
    """TF-IDF of words and pairs of neighbours, logistic regression."""
    from sklearn.linear_model import LogisticRegression

    grid = {"classifier__C": (3, 10, 30) if task.long_texts else (1, 3, 10, 30)}
    return chosen(words(task), LogisticRegression(max_iter=1000), grid, task)


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
    return chosen(features, LinearSVC(random_state=0), grid, task)


def nb_svm(task: Task) -> Fitted:
    """Presence of words and pairs of neighbours, weighted by naive Bayes; linear support vectors."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.multiclass import OneVsRestClassifier

    from comparison.naive_bayes_svm import NaiveBayesSVM

    present = CountVectorizer(binary=True, ngram_range=(1, 2), min_df=2 if task.long_texts else 1)
    grid = {"classifier__estimator__C": (0.01, 0.1, 1) if task.long_texts else (0.01, 0.03, 0.1, 0.3, 1)}
    return chosen(present, OneVsRestClassifier(NaiveBayesSVM()), grid, task)


def fasttext(task: Task) -> Fitted:
    """fastText with its own settings, but pairs of neighbours (Joulin et al. 2017); it chooses nothing."""
    return fasttext_fitted(task, {"wordNgrams": 2})


def fasttext_autotune(task: Task) -> Fitted:
    """fastText with the settings that its autotune finds on the validation split in the given time."""
    from comparison.fasttext_files import tuned

    train, valid = task.splits.train, task.splits.valid
    began = time.monotonic()
    settings = tuned(train.texts, train.labels, valid.texts, valid.labels, task.autotune_seconds)
    seconds = time.monotonic() - began
    fitted = fasttext_fitted(task, settings)
    return replace(fitted, settings=f"in {task.autotune_seconds} s: {fitted.settings}", choosing_seconds=seconds)


def words(task: Task):
    """TF-IDF of words and pairs of neighbours."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2 if task.long_texts else 1)


def chosen(features: Any, classifier: Any, grid: Mapping[str, Sequence[Any]], task: Task) -> Fitted:
    """The best of the grid on the validation split, fitted again; features are computed once for all of it."""
    from sklearn.model_selection import GridSearchCV, PredefinedSplit
    from sklearn.pipeline import Pipeline

    in_valid = np.repeat([-1, 0], [len(task.splits.train), len(task.splits.valid)])  # -1 is never validated on
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as cache:
        pipeline = Pipeline([("features", features), ("classifier", classifier)], memory=cache)
        search = GridSearchCV(
            pipeline, dict(grid), scoring="accuracy", cv=PredefinedSplit(in_valid), refit=False, error_score="raise"
        )
        search.fit(task.texts, task.labels)
    seconds = time.monotonic() - began
    fitted = fitted_again(pipeline.set_params(memory=None), search.best_params_, task)
    return replace(fitted, choosing_seconds=seconds)


def fitted_again(model: Any, settings: dict[str, Any], task: Task) -> Fitted:
    """A scikit-learn model with these settings, of train and valid together."""
    began = time.monotonic()
    model.set_params(**settings).fit(task.texts, task.labels)
    return Fitted(model.predict, lambda: pickled_bytes(model), told(settings), time.monotonic() - began)


def pickled_bytes(model: Any) -> int:
    """Size of the file that joblib makes of the model; it is not kept."""
    import joblib

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.joblib"
        joblib.dump(model, path)
        return path.stat().st_size


def fasttext_fitted(task: Task, settings: dict[str, Any]) -> Fitted:
    """A fastText model with these settings, of train and valid together."""
    from comparison.fasttext_files import predicted, saved_bytes, trained

    began = time.monotonic()
    model = trained(task.texts, task.labels, **settings)
    seconds = time.monotonic() - began
    return Fitted(lambda texts: predicted(model, texts), lambda: saved_bytes(model), told(settings), seconds)


def told(settings: Mapping[str, Any]) -> str:
    """The settings for a reader.

    >>> told({"classifier__C": 0.3, "lr": 0.123456, "dim": 100})
    'C=0.3, lr=0.123, dim=100'
    """
    shown = {name.rpartition("__")[2]: value for name, value in settings.items()}
    return ", ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}" for name, value in shown.items()
    )


def measure(data: str, baseline: str, folder: str, autotune_seconds: int) -> dict[str, Any]:
    """Fits the baseline and scores the test split; writes its predictions as `classifier train` writes its own."""
    import pyarrow.parquet

    from classifier.evaluation.arrays import one_hot
    from classifier.evaluation.mistakes import predictions_table
    from classifier.evaluation.scored import Scored

    settings = train_settings((f"data={data}", "seed=0"))
    task = Task(load_splits(settings.data, settings.seed), data in LONG_TEXTS, autotune_seconds)
    fitted = BASELINES[baseline](task)
    test = task.splits.test
    assert test is not None
    sure = one_hot(np.asarray(fitted.predict(test.texts)), len(test.label_names)).astype(np.float64)
    table = predictions_table(Scored(test.labels, sure, list(test.label_names), test.texts, test.origins))
    pyarrow.parquet.write_table(table, Path(folder) / "predictions.parquet")
    return {
        "settings": fitted.settings,
        "choosing_seconds": fitted.choosing_seconds,
        "training_seconds": fitted.training_seconds,
        "model_mb": fitted.size() / 2**20,
        "predictions": "predictions.parquet",
    }


BASELINES = {one.__name__: one for one in (majority, logistic, linear_svc, nb_svm, fasttext, fasttext_autotune)}
