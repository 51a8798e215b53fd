"""cleanlab, in the Python that has it. This file imports neither the project nor TensorFlow."""

# pyright: reportMissingImports=false

import json
from pathlib import Path

import numpy as np


def ranked(folder: str) -> list[int]:
    """The texts from the label that is most probably wrong on, by the probabilities that were given."""
    from cleanlab.rank import get_label_quality_scores

    given = np.load(Path(folder) / "probabilities.npz")
    return np.argsort(get_label_quality_scores(given["labels"], given["probabilities"]), kind="stable").tolist()


def pipeline(folder: str) -> list[int]:
    """The same by cleanlab's own cross-validation of its default classifier, on TF-IDF of words."""
    from cleanlab.classification import CleanLearning
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = json.loads((Path(folder) / "texts.json").read_text(encoding="utf-8"))
    labels = np.load(Path(folder) / "probabilities.npz")["labels"]
    found = CleanLearning(seed=0).find_label_issues(TfidfVectorizer().fit_transform(texts), labels)
    return np.argsort(found["label_quality"].to_numpy(), kind="stable").tolist()
