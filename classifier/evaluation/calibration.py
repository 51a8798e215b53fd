"""Calibration of probabilities (Guo et al., On Calibration of Modern Neural Networks, 2017)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


def reliability_bins(labels: NDArray[np.int64], probabilities: NDArray[np.float64], bins: int = BINS) -> Reliability:
    """Bins the confidence of probabilities (examples, classes); bin m is (m / bins, (m + 1) / bins]."""
    confidence = probabilities.max(axis=1)
    hit = labels == probabilities.argmax(axis=1)
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.digitize(confidence, edges[1:-1], right=True)
    counts = np.bincount(bin_of, minlength=bins)
    divisor = np.maximum(counts, 1)
    return Reliability(
        counts=counts,
        confidence=np.bincount(bin_of, weights=confidence, minlength=bins) / divisor,
        accuracy=np.bincount(bin_of, weights=hit, minlength=bins) / divisor,
    )
