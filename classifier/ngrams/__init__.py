"""What stands beside the encoder: a linear classifier on hashed n-grams of words and characters."""

from classifier.ngrams.fit import (
    Method,
    Recipe,
    TfIdf,
    apply_tfidf,
    compute_tfidf,
    fit_linear,
    fit_weights,
    sum_linear,
)
from classifier.ngrams.linear import Mixture, NgramLinear

__all__ = [
    "Method",
    "Mixture",
    "NgramLinear",
    "Recipe",
    "TfIdf",
    "apply_tfidf",
    "compute_tfidf",
    "fit_linear",
    "fit_weights",
    "sum_linear",
]
