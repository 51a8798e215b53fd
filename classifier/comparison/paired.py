"""Statistics of the difference between two classifiers, paired by example.

| function              | source                                                                                     |
|-----------------------|--------------------------------------------------------------------------------------------|
| `mcnemar`             | McNemar, Psychometrika 12, 1947; exact, from the binomial distribution                     |
| `holm`                | Holm, Scandinavian Journal of Statistics 6, 1979                                           |
| `resampled_scores`    | Efron and Tibshirani, An Introduction to the Bootstrap, 1993; repeats as in McCarthy and   |
|                       | Snowden, The Bootstrap and Finite Population Sampling, 1985                                |
| `smallest_difference` | Connor, Biometrics 43, 1987                                                                |
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, norm

from classifier.evaluation.bootstrap import LEVEL, Interval, macro_scores, percentile_interval, resampled_metrics
from classifier.evaluation.label_sets import resampled_set_metrics

METRICS = ("accuracy", "macro_f1")
WORDS = {"accuracy": "accuracy", "macro_f1": "macro F1"}  # for sentences
RESAMPLES, SEED = 2000, 0  # the same resamples for all models, so that differences are paired
ERROR = 1 - LEVEL  # probability of a false positive
POWER = 0.8  # probability with which an existing difference should be detected


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric of the first classifier minus that of the second, between -1 and 1."""

    value: float
    interval: Interval  # 95 %, not corrected for multiple comparisons
    p_value: float  # two-sided, not corrected for multiple comparisons
    standard_error: float


def class_counts(labels: NDArray[Any], predicted: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """Returns hits, examples and predictions of each class, (3, classes).

    Args:
        labels: class numbers (examples,) or, if a text can have several labels, booleans (examples, classes).
        predicted: the same for the predictions.
        classes: number of classes.
    """
    if labels.ndim == 2:
        return np.array([(labels & predicted).sum(axis=0), labels.sum(axis=0), predicted.sum(axis=0)])
    counted = (labels[labels == predicted], labels, predicted)
    return np.array([np.bincount(values, minlength=classes) for values in counted])


def right_answers(labels: NDArray[Any], predicted: NDArray[Any]) -> NDArray[np.bool_]:
    """Returns whether predictions (repeats, examples[, classes]) are right, (repeats, examples); see `class_counts`."""
    return (predicted == labels).all(axis=2) if labels.ndim == 2 else predicted == labels


def scores(labels: NDArray[Any], predicted: NDArray[Any], classes: int) -> dict[str, NDArray[np.float64]]:
    """Returns accuracy and macro F1 of each repeat, (repeats,); see `class_counts`.

    The predictions have one more axis in front, for the repeats.
    """
    hits, support, found = np.array([class_counts(labels, repeat, classes) for repeat in predicted]).transpose(1, 0, 2)
    return {
        "accuracy": right_answers(labels, predicted).mean(axis=1),
        "macro_f1": macro_scores(hits, support, found)["macro_f1"],
    }


def resampled_scores(
    labels: NDArray[Any],
    predicted: NDArray[Any],
    classes: int,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    repeats_seed: int = 0,
) -> dict[str, NDArray[np.float64]]:
    """Returns accuracy and macro F1 (resamples,) for resampled examples and, if there are repeats, resampled seeds.

    Args:
        labels: labels of the examples; see `class_counts`.
        predicted: predictions with one more axis in front, for each seed of the same settings.
        classes: number of classes.
        resamples, seed: number and seed of the resamples of examples; equal values pair two classifiers.
        repeats_seed: seed of the resampled repeats; different for each classifier, because their seeds are unrelated.
    """
    weights = drawn_repeats(len(predicted), resamples, repeats_seed)
    draws: dict[str, Any] = {"resamples": resamples, "seed": seed}
    if labels.ndim == 2:
        of_repeats = [resampled_set_metrics(labels, repeat, **draws) for repeat in predicted]
    else:
        of_repeats = [resampled_metrics(labels, repeat, classes=classes, **draws) for repeat in predicted]
    values = {name: np.array([metrics[name] for metrics in of_repeats]) for name in METRICS}
    return {name: np.einsum("sr,rs->s", weights, values[name]) for name in METRICS}


def drawn_repeats(repeats: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """Returns weights of shape (resamples, repeats), with rows that sum to one.

    Of r repeats, r - 1 are drawn with replacement: their mean has the unbiased variance of the mean of r repeats, but
    with r draws it would be too small by the factor (r - 1) / r.
    """
    if repeats == 1:
        return np.ones((resamples, 1))
    drawn = np.random.default_rng(seed).multinomial(repeats - 1, np.full(repeats, 1 / repeats), size=resamples)
    return drawn / (repeats - 1)


def difference(value: float, resampled: NDArray[np.float64], p_value: float | None = None) -> Difference:
    """Creates a difference from its values in the resamples, of shape (resamples,).

    Args:
        value: difference on all examples.
        resampled: values of the first classifier minus those of the second classifier in the same resamples.
        p_value: p-value of an exact test; None means a normal distribution with the deviation of the bootstrap.
    """
    deviation = float(resampled.std(ddof=1))
    if p_value is None:
        p_value = float(2 * norm.sf(abs(value) / deviation)) if deviation > 1e-12 else 1.0
    return Difference(float(value), percentile_interval(resampled), p_value, deviation)


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> float:
    """Returns the two-sided exact p-value of McNemar's test, from boolean arrays (examples,) of right predictions.

    Examples that both classifiers get right or wrong are ignored; if both are equally good, the others are equally
    likely to be right for either classifier.

    >>> mcnemar([True] * 6, [False] * 6)
    0.03125
    """
    first_right, second_right = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    only_first = int((first_right & ~second_right).sum())
    only_second = int((~first_right & second_right).sum())
    fewer, both = min(only_first, only_second), only_first + only_second
    return float(min(1.0, 2 * binom.cdf(fewer, both, 0.5)))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjusts the p-values (tests,), such that at a level of 0.05 the family-wise error rate is at most 5 %.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1)
    return adjusted


def smallest_difference(standard_error: float, examples: int, comparisons: int = 1) -> float:
    """Returns the difference that is detected in 80 % of test sets of this size, at a corrected level of 5 %.

    It is never smaller than the minimum for McNemar's test, in which all discordant examples favour one classifier.

    Args:
        standard_error: standard error of the difference.
        examples: number of examples in the test set.
        comparisons: number of compared pairs, by which Holm's first step divides the level.
    """
    level = ERROR / comparisons
    likely = (norm.isf(level / 2) + norm.isf(1 - POWER)) * standard_error
    return float(max(likely, np.ceil(np.log2(2 / level)) / examples))
