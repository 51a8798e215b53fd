"""Calibration of probabilities (Guo et al., On Calibration of Modern Neural Networks, 2017)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.bootstrap import percentile_interval, resampled_indices
from classifier.evaluation.scored import Scored

if TYPE_CHECKING:
    from scipy.sparse import csr_array

BINS = 15  # as in Guo et al.
AT_ONCE = 50  # resamples
CHANCES = 100  # draws of labels from the probabilities
BEFORE, AFTER, BY_CHANCE = "before", "after", "by chance"
ERROR = "expected_calibration_error"


@dataclass(frozen=True, slots=True)
class Reliability:
    """Statistics of equally wide bins of confidence; all arrays have the shape (bins,), with zeros for empty bins."""

    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]  # mean probability of the predicted class
    accuracy: NDArray[np.float64]

    @property
    def calibration_error(self) -> float:
        """Expected calibration error (equation 3): mean gap between confidence and accuracy, weighted by the counts."""
        return float(np.average(np.abs(self.accuracy - self.confidence), weights=self.counts))


def reliability_bins(scored: Scored, bins: int = BINS) -> Reliability:
    """Bins the confidence in each prediction; bin m is (m / bins, (m + 1) / bins].

    If a text can have several labels, the probability of each label of each text is a prediction.
    """
    confidence, hit = scored.confidence, scored.right
    if scored.several:
        confidence, hit = scored.probabilities.ravel(), scored.truth.ravel()
    bin_of = bin_numbers(confidence, bins)
    counts = np.bincount(bin_of, minlength=bins)
    divisor = np.maximum(counts, 1)
    return Reliability(
        counts=counts,
        confidence=np.bincount(bin_of, weights=confidence, minlength=bins) / divisor,
        accuracy=np.bincount(bin_of, weights=hit, minlength=bins) / divisor,
    )


def bin_numbers(confidence: NDArray[np.floating], bins: int = BINS) -> NDArray[np.int64]:
    """Returns the number of the bin of each confidence, of the same shape."""
    return np.digitize(confidence, np.linspace(0, 1, bins + 1)[1:-1], right=True)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A row of calibration.csv; `stage` is before or after calibration, or what chance alone gives."""

    stage: str
    metric: str
    value: float
    low: float | None = None  # ends of the 95 % interval of the bootstrap
    high: float | None = None


def calibration_rows(scored: Scored, *, resamples: int = 200, seed: int = 0) -> list[Calibration]:
    """Returns how well the probabilities are calibrated: before, if that is known, and after; lower is better.

    - `expected_calibration_error`: see `Reliability`. On few texts it is above 0 even for perfect probabilities: the
      row `by chance` is its mean if the labels are drawn from the probabilities.
    - `classwise_calibration_error`: the same for the probability of each class against the rest, mean over the classes
      (Kull et al. 2019, "Beyond temperature scaling", section 2).
    - `brier_score`: squared distance of the probabilities to the labels, summed over the classes, mean over the texts
      (Brier 1950, "Verification of forecasts expressed in terms of probability").
    - `log_loss`: cross-entropy in nats; that of several labels is the sum over all classes.
    """
    rows = []
    for stage, probabilities in ((BEFORE, scored.uncalibrated), (AFTER, scored.probabilities)):
        if probabilities is not None:
            one = replace(scored, probabilities=probabilities, uncalibrated=None)
            rows += measured(stage, one, resamples, seed)
    return [*rows, Calibration(BY_CHANCE, ERROR, error_by_chance(scored, seed))]


def measured(stage: str, scored: Scored, resamples: int, seed: int) -> list[Calibration]:
    """Returns the rows of a stage."""
    from scipy.sparse import csr_array

    probabilities, truth, texts = scored.probabilities, scored.truth, len(scored)
    confidence, hits = scored.confidence[:, None], scored.right[:, None]
    if scored.several:
        confidence, hits = probabilities, truth
    tables = {  # with the mean over texts of absolute values of column sums
        ERROR: gaps(confidence, hits, by_column=False) / confidence.shape[1],
        "classwise_calibration_error": gaps(probabilities, truth, by_column=True) / scored.classes,
        "brier_score": csr_array(((probabilities - truth) ** 2).sum(axis=1)[:, None]),
        "log_loss": csr_array(log_losses(scored)[:, None]),
    }
    values = {name: float(total(table, np.ones((texts, 1)))[0]) for name, table in tables.items()}
    draws: dict[str, list[float]] = {name: [] for name in tables}
    for weights in resampled_weights(texts, resamples, seed):
        for name, table in tables.items():
            draws[name] += total(table, weights).tolist()
    return [
        Calibration(stage, name, value, *(centered(value, np.array(draws[name])) if draws[name] else ()))
        for name, value in values.items()
    ]


def centered(value: float, draws: NDArray[np.float64]) -> tuple[float, float]:
    """Returns the ends of the 95 % bootstrap interval of a value that is not negative, without the bias of the draws.

    A resample contains some texts several times, which makes the gaps between confidence and accuracy larger.
    """
    interval, bias = percentile_interval(draws), float(draws.mean()) - value
    return max(0.0, interval.low - bias), max(0.0, interval.high - bias)


def gaps(confidence: NDArray[np.floating], hits: NDArray[np.bool_], *, by_column: bool) -> "csr_array":
    """Returns hit minus confidence of each entry in the column of its bin, (examples, bins).

    Args:
        confidence, hits: probabilities, and whether they are of what is true, (examples, columns).
        by_column: whether each column has its own bins.
    """
    from scipy.sparse import csr_array

    examples, columns = confidence.shape
    places = bin_numbers(confidence) + (BINS * np.arange(columns) if by_column else 0)
    starts = columns * np.arange(examples + 1)
    width = BINS * columns if by_column else BINS
    return csr_array(((hits - confidence).ravel(), places.ravel(), starts), shape=(examples, width))


def total(table: "csr_array", weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """Returns the sum of the absolute values of the weighted means of the columns, (resamples,).

    Args:
        table: values (examples, columns).
        weights: how often each example was drawn, (examples, resamples).
    """
    return np.abs(table.T @ weights).sum(axis=0) / len(weights)


def resampled_weights(examples: int, resamples: int, seed: int) -> Iterable[NDArray[np.float64]]:
    """Yields how often each example is drawn, (examples, some resamples)."""
    counts = (np.bincount(drawn, minlength=examples) for drawn in resampled_indices(examples, resamples, seed))
    while some := [one for _, one in zip(range(AT_ONCE), counts, strict=False)]:
        yield np.stack(some, axis=1).astype(np.float64)


def log_losses(scored: Scored) -> NDArray[np.float64]:
    """Returns the loss of each text in nats, (examples,)."""
    least = np.finfo(np.float64).eps  # as in scikit-learn
    probabilities = scored.probabilities.clip(least, 1 - least)
    found = np.where(scored.truth, -np.log(probabilities), -np.log1p(-probabilities) if scored.several else 0)
    return found.sum(axis=1)


def error_by_chance(scored: Scored, seed: int = 0) -> float:
    """Returns the mean expected calibration error if the predictions are right with their probabilities."""
    confidence = scored.probabilities.ravel() if scored.several else scored.confidence
    random, places = np.random.default_rng(seed), bin_numbers(confidence)
    errors = []
    for _ in range(CHANCES):
        difference = (random.random(len(confidence)) < confidence) - confidence
        errors.append(np.abs(np.bincount(places, weights=difference)).sum() / len(confidence))
    return float(np.mean(errors))


def as_dictionary(rows: Iterable[Calibration]) -> dict[str, dict[str, dict[str, float]]]:
    """Returns values and intervals by stage and metric, for summary.json."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        ends = {"low": row.low, "high": row.high}
        numbers = {"value": row.value, **{name: end for name, end in ends.items() if end is not None}}
        found.setdefault(row.stage.replace(" ", "_"), {})[row.metric] = numbers
    return found
