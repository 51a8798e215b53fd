"""Calibration of probabilities (Guo et al., On Calibration of Modern Neural Networks, 2017)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.scored import Scored

BINS = 15  # as in Guo et al.


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
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.digitize(confidence, edges[1:-1], right=True)
    counts = np.bincount(bin_of, minlength=bins)
    divisor = np.maximum(counts, 1)
    return Reliability(
        counts=counts,
        confidence=np.bincount(bin_of, weights=confidence, minlength=bins) / divisor,
        accuracy=np.bincount(bin_of, weights=hit, minlength=bins) / divisor,
    )
