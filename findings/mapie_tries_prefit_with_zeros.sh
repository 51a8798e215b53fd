#!/usr/bin/env bash
# Label sets of MAPIE for a classifier that is fitted already and looks its probabilities up by the number of the row,
#   as one does for a model of texts that lives elsewhere.
# Expected: an estimator that says `__sklearn_is_fitted__() == True` is taken as fitted, as scikit-learn does.
# Seen (MAPIE 1.6.0, scikit-learn 1.9.1): MAPIE asks for the probabilities of a row of zeros in float64, whatever the
#   type of the given inputs, and takes any error for "does not appear fitted". It raises UserWarning as an exception,
#   before it has looked at the inputs. Converting the row to integers in `predict_proba` helps.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q mapie==1.6.0 scikit-learn==1.9.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np
from mapie.classification import SplitConformalClassifier
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted


class Table(ClassifierMixin, BaseEstimator):
    def __init__(self, probabilities, convert):
        self.probabilities, self.convert, self.seen = probabilities, convert, []
        self.classes_, self.n_features_in_ = np.arange(probabilities.shape[1]), 1

    def fit(self, rows, labels):
        return self

    def predict_proba(self, rows):
        self.seen.append(str(rows.dtype))
        return self.probabilities[(rows.astype(int) if self.convert else rows)[:, 0]]

    def predict(self, rows):
        return self.predict_proba(rows).argmax(axis=1)

    def __sklearn_is_fitted__(self):
        return True


probabilities = np.random.default_rng(0).dirichlet(np.ones(3), 200)
rows, labels = np.arange(200)[:, None], probabilities.argmax(axis=1)
found = {}
for convert in (False, True):
    table = Table(probabilities, convert)
    check_is_fitted(table)
    try:
        SplitConformalClassifier(table, 0.9, "lac").conformalize(rows, labels)
        found[convert] = "fitted"
    except UserWarning as raised:
        found[convert] = str(raised).split(".")[0]
    print("with conversion:" if convert else "without:", found[convert], "- asked with", table.seen[0])
    assert table.seen[0] == "float64", "the behaviour has changed"
assert found == {False: "('Estimator does not appear fitted", True: "fitted"}, "the behaviour has changed"
PYTHON
