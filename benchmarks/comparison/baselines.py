"""The baselines; runs in the process of the baseline that is measured.

Each baseline chooses its settings by accuracy on the validation split that `seed=0` gives `classifier train`, and is
then fitted on train and valid together; the test split is scored once, by that last model. Long texts have smaller
grids and fewer n-grams, so that a baseline takes minutes.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from harness.project import train_settings

from classifier.data import Splits, load_splits

LONG_TEXTS = ("imdb", "newsgroups20")
AUTOTUNE_SECONDS = 120  # what fastText's autotune may take

Examples = tuple[list[str], np.ndarray]  # texts and class numbers


class Fitted(NamedTuple):
    """A model of train and valid together."""

    predict: Callable[[list[str]], Any]  # (examples,) class numbers
    size: Callable[[], int]  # of its file, in bytes
    training_seconds: float
    settings: Mapping[str, Any] = MappingProxyType({})  # what validation chose
    choosing_seconds: float = 0.0


def linear_model(name: str, long_texts: bool) -> tuple[Any, Any, dict[str, Sequence[Any]]]:
    """The features, the classifier and the grid of a baseline of scikit-learn; docs/accuracy.md describes them."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import FeatureUnion
    from sklearn.svm import LinearSVC

    from comparison.naive_bayes_svm import NaiveBayesSVM

    least = 2 if long_texts else 1
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=least)
    if name == "logistic":
        return (
            words,
            LogisticRegression(max_iter=1000),
            {"classifier__C": (3, 10, 30) if long_texts else (1, 3, 10, 30)},
        )
    if name == "nb_svm":
        present = CountVectorizer(binary=True, ngram_range=(1, 2), min_df=least)
        grid = (0.01, 0.1, 1) if long_texts else (0.01, 0.03, 0.1, 0.3, 1)
        return present, OneVsRestClassifier(NaiveBayesSVM()), {"classifier__estimator__C": grid}
    most = 300_000 if long_texts else None
    runs = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=least, max_features=most)
    grid = {"classifier__C": (0.1, 0.3, 1, 3), "features__characters__analyzer": ("char_wb", "char")}
    features = FeatureUnion([("words", words), ("characters", runs)])
    return features, LinearSVC(random_state=0), {"classifier__C": (0.1, 0.5)} if long_texts else grid


def searched(name: str, splits: Splits, examples: Examples, long_texts: bool) -> Fitted:
    """The best of the grid on the validation split, fitted again; features are computed once for all of it."""
    from sklearn.model_selection import GridSearchCV, PredefinedSplit
    from sklearn.pipeline import Pipeline

    features, classifier, grid = linear_model(name, long_texts)
    in_valid = np.repeat([-1, 0], [len(splits.train), len(splits.valid)])  # -1 is never validated on
    same = {"scoring": "accuracy", "cv": PredefinedSplit(in_valid), "refit": False, "error_score": "raise"}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as cache:
        pipeline = Pipeline([("features", features), ("classifier", classifier)], memory=cache)
        best = GridSearchCV(pipeline, grid, **same).fit(*examples).best_params_
    seconds = time.monotonic() - began
    model = fitted(pipeline.set_params(memory=None, **best), examples)
    return model._replace(settings=best, choosing_seconds=seconds)


def fitted(model: Any, examples: Examples) -> Fitted:
    """A scikit-learn model; its size is that of the file that joblib makes of it."""
    import joblib

    began = time.monotonic()
    model.fit(*examples)
    seconds = time.monotonic() - began

    def size() -> int:
        with tempfile.TemporaryDirectory() as folder:
            (path,) = joblib.dump(model, Path(folder) / "model.joblib")
            return Path(path).stat().st_size

    return Fitted(model.predict, size, seconds)


def fasttext(splits: Splits, examples: Examples, tune: bool) -> Fitted:
    """fastText with pairs of neighbours (Joulin et al. 2017), or with what its autotune finds on the valid split."""
    from comparison.fasttext_files import predicted, saved_bytes, trained, tuned

    settings, began = {"wordNgrams": 2}, time.monotonic()
    if tune:
        train, valid = ((split.texts, split.labels) for split in (splits.train, splits.valid))
        settings = tuned(train, valid, AUTOTUNE_SECONDS)
    chosen = time.monotonic()
    model = trained(examples, **settings)
    seconds, choosing = time.monotonic() - chosen, chosen - began if tune else 0.0
    return Fitted(lambda texts: predicted(model, texts), lambda: saved_bytes(model), seconds, settings, choosing)


def measure(data: str, baseline: str, folder: str) -> dict[str, Any]:
    """Fits the baseline and scores the test split; writes its predictions as `classifier train` writes its own."""
    import pyarrow.parquet

    from classifier.evaluation.arrays import one_hot
    from classifier.evaluation.mistakes import predictions_table
    from classifier.evaluation.scored import Scored

    splits = load_splits(train_settings((f"data={data}", "seed=0")).data, 0)
    train, valid, test = splits.train, splits.valid, splits.test
    examples = train.texts + valid.texts, np.concatenate([train.labels, valid.labels])
    if baseline == "majority":
        from sklearn.dummy import DummyClassifier

        model = fitted(DummyClassifier(strategy="most_frequent"), examples)
    elif baseline.startswith("fasttext"):
        model = fasttext(splits, examples, tune=baseline == "fasttext_autotune")
    else:
        model = searched(baseline, splits, examples, data in LONG_TEXTS)
    assert test is not None
    sure = one_hot(np.asarray(model.predict(test.texts)), len(test.label_names)).astype(np.float64)
    table = predictions_table(Scored(test.labels, sure, list(test.label_names), test.texts, test.origins))
    pyarrow.parquet.write_table(table, Path(folder) / "predictions.parquet")
    rounded = {key: f"{value:.3g}" if isinstance(value, float) else value for key, value in model.settings.items()}
    limit = f"in {AUTOTUNE_SECONDS} s: " if baseline == "fasttext_autotune" else ""
    return {
        "settings": limit + ", ".join(f"{key.rpartition('__')[2]}={value}" for key, value in rounded.items()),
        "choosing_seconds": model.choosing_seconds,
        "training_seconds": model.training_seconds,
        "model_mb": model.size() / 2**20,
        "predictions": "predictions.parquet",
    }
