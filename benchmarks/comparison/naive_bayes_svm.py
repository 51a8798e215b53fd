"""NB-SVM, which scikit-learn does not have, of its parts, which it has."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC


class NaiveBayesSVM(ClassifierMixin, BaseEstimator):
    """NB-SVM for two classes, 0 and 1: Wang and Manning, Baselines and Bigrams, 2012, sections 2.1 to 2.3.

    The (examples, features) presences are multiplied by the log-count ratios of naive Bayes, smoothed by one; the
    weights that linear support vectors give them are drawn towards the mean of their magnitudes, which alone would be
    naive Bayes, so that the intercept is drawn towards its log-ratio of the classes.
    """

    def __init__(self, C: float = 1.0, interpolation: float = 0.25) -> None:
        self.C = C
        self.interpolation = interpolation  # beta in the paper, which advises 0.25; 1 for support vectors alone

    def fit(self, presences: Any, labels: np.ndarray) -> "NaiveBayesSVM":
        bayes = MultinomialNB(alpha=1).fit(presences, labels)
        ratios, prior = np.diff(bayes.feature_log_prob_, axis=0)[0], np.diff(bayes.class_log_prior_)[0]
        machine = LinearSVC(C=self.C, random_state=0).fit(presences.multiply(ratios).tocsr(), labels)
        own, mean = self.interpolation, (1 - self.interpolation) * np.abs(machine.coef_[0]).mean()
        self.classes_ = machine.classes_
        self.weights_ = ratios * (mean + own * machine.coef_[0])
        self.intercept_ = mean * prior + own * machine.intercept_[0]
        return self

    def decision_function(self, presences: Any) -> np.ndarray:
        return presences @ self.weights_ + self.intercept_
