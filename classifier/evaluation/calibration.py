"""Does 0.9 mean right nine times in ten? Guo et al., On Calibration of Modern Neural Networks, 2017."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15  # as in Guo et al.


@dataclass(frozen=True, slots=True)
class Reliability:
    """What is seen in each of the equally wide bins of confidence; every array is (bins,), empty bins hold zeros."""

    counts: NDArray[np.int64]
    confidence: NDArray[np.float64]  # mean probability of the predicted class
    accuracy: NDArray[np.float64]

    @property
    def calibration_error(self) -> float:
        """Expected calibration error, eq. 3: the gap between confidence and accuracy, weighted by the bins' counts."""
        return float(np.average(np.abs(self.accuracy - self.confidence), weights=self.counts))


def reliability_bins(labels: NDArray[np.int64], probabilities: NDArray[np.float64], bins: int = BINS) -> Reliability:
    """Bins of the top-class confidence of (examples, classes) probabilities; bin m holds (m / bins, (m + 1) / bins]."""
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
