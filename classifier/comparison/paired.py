"""Is one classifier better than another? Both answer the same examples, so that what both find easy cancels out.

| function              | source                                                                                     |
|-----------------------|--------------------------------------------------------------------------------------------|
| `mcnemar`             | McNemar, Psychometrika 12, 1947; exact, from the binomial distribution                     |
| `holm`                | Holm, Scandinavian Journal of Statistics 6, 1979                                           |
| `resampled_scores`    | Efron and Tibshirani, An Introduction to the Bootstrap, 1993; repeats as in McCarthy and   |
|                       | Snowden, The Bootstrap and Finite Population Sampling, 1985                                |
| `smallest_difference` | Connor, Biometrics 43, 1987                                                                |
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, norm

from classifier.evaluation.bootstrap import LEVEL, Interval, macro_scores, percentile_interval, resampled_metrics

METRICS = ("accuracy", "macro_f1")
WORDS = {"accuracy": "accuracy", "macro_f1": "macro F1"}  # for sentences
RESAMPLES, SEED = 2000, 0  # the same draws for every model: that makes the differences paired
ERROR = 1 - LEVEL  # how often a difference may be seen where there is none
POWER = 0.8  # how often a difference that is there should be seen


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric of the first classifier minus that of the second, between -1 and 1."""

    value: float
    interval: Interval  # 95 %, of this pair by itself
    p_value: float  # two-sided, of this pair by itself
    standard_error: float


def scores(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> dict[str, NDArray[np.float64]]:
    """Accuracy and macro F1 of each repeat, (repeats,), from (examples,) labels and (repeats, examples) predictions."""

    def counted(values: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(values, minlength=classes)

    counts = [(counted(labels[labels == one]), counted(labels), counted(one)) for one in predicted]
    hits, support, answers = np.array(counts).transpose(1, 0, 2)
    return {
        "accuracy": hits.sum(axis=1) / len(labels),
        "macro_f1": macro_scores(hits, support, answers)["macro_f1"],
    }


def resampled_scores(
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    classes: int,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    repeats_seed: int = 0,
) -> dict[str, NDArray[np.float64]]:
    """Accuracy and macro F1 with other examples and, where there are repeats, with other seeds; each (resamples,).

    Args:
        labels: (examples,) class numbers.
        predicted: (repeats, examples) class numbers, a row for each seed of the same settings.
        classes: how many there are.
        resamples, seed: of the examples; equal ones draw equal examples, which pairs two classifiers.
        repeats_seed: of the repeats; another one for each classifier, whose seeds have nothing to do with each other.
    """
    weights = drawn_repeats(len(predicted), resamples, repeats_seed)
    each = [resampled_metrics(labels, one, classes=classes, resamples=resamples, seed=seed) for one in predicted]
    return {name: np.einsum("sr,rs->s", weights, np.array([one[name] for one in each])) for name in METRICS}


def drawn_repeats(repeats: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """(resamples, repeats) weights that sum to one in each row.

    Of r repeats, r - 1 are drawn with replacement: so the variance of their mean is that of r repeats, unbiased,
    where drawing r would make it too small by (r - 1) / r.
    """
    if repeats == 1:
        return np.ones((resamples, 1))
    drawn = np.random.default_rng(seed).multinomial(repeats - 1, np.full(repeats, 1 / repeats), size=resamples)
    return drawn / (repeats - 1)


def difference(value: float, resampled: NDArray[np.float64], p_value: float | None = None) -> Difference:
    """The difference whose value in each resample is given, (resamples,).

    Args:
        value: in all examples.
        resampled: values of the first classifier minus those of the second in the same resamples.
        p_value: where a test knows it exactly; otherwise that of a normal distribution with the bootstrap's deviation.
    """
    deviation = float(resampled.std(ddof=1))
    if p_value is None:
        p_value = float(2 * norm.sf(abs(value) / deviation)) if deviation > 1e-12 else 1.0
    return Difference(float(value), percentile_interval(resampled), p_value, deviation)


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> float:
    """Two-sided exact p-value of McNemar's test, from the (examples,) truth of "this one is right".

    Examples that both get right or both get wrong say nothing; of the others each is as likely to fall to either side
    if the two are equally good.

    >>> mcnemar([True] * 6, [False] * 6)
    0.03125
    """
    first_right, second_right = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    only_first = int((first_right & ~second_right).sum())
    only_second = int((~first_right & second_right).sum())
    fewer, both = min(only_first, only_second), only_first + only_second
    return float(min(1.0, 2 * binom.cdf(fewer, both, 0.5)))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """The (tests,) p-values, made larger such that below 0.05 there is one false find in at most 5 % of comparisons.

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
    """The difference that is shown in 80 % of test sets of this size, at a level of 5 % corrected for comparisons.

    Never less than what McNemar's test needs at least: so many examples that all fall to the same side.

    Args:
        standard_error: of the difference; it shrinks with the root of the number of examples.
        examples: in the test set.
        comparisons: pairs that are compared; Holm's first step divides the level by them.
    """
    level = ERROR / comparisons
    likely = (norm.isf(level / 2) + norm.isf(1 - POWER)) * standard_error
    return float(max(likely, np.ceil(np.log2(2 / level)) / examples))
