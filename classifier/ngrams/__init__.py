"""What stands beside the encoder: a linear classifier on hashed n-grams of words and characters."""

from classifier.ngrams.fit import Recipe, TfIdf, apply_tfidf, compute_tfidf, fit_linear, fit_weights
from classifier.ngrams.linear import Mixture, NgramLinear

__all__ = ["Mixture", "NgramLinear", "Recipe", "TfIdf", "apply_tfidf", "compute_tfidf", "fit_linear", "fit_weights"]
