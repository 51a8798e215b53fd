"""Metrics of texts that can have several labels, or none.

Accuracy is that of the whole set of labels of a text. For all other metrics see Tsoumakas, Katakis and Vlahavas 2010,
"Mining multi-label data", section 7.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.bootstrap import macro_scores, resampled_indices
from classifier.evaluation.scored import Scored

AVERAGES = ("macro", "micro", "weighted", "samples")
THRESHOLD = 0.5  # of each label at the end of an epoch, before thresholds are chosen


def set_metrics(scored: Scored) -> dict[str, float]:
    """Computes the metrics of predicted label sets and of the ranking of the labels of each text.

    - `accuracy`: share of texts whose labels are exactly the predicted ones.
    - `<average>_precision`, `_recall`, `_f1`: over the labels (`macro`, `weighted` by their texts), over all single
      decisions (`micro`), and over the texts (`samples`); 0 where they are undefined, except that a text without labels
      for which none is predicted counts as right.
    - `hamming_loss`: share of wrong decisions among all of texts and labels.
    - `label_ranking_average_precision`: for each label of a text, the share of its labels among those that are at least
      as likely; 1 if all its labels come first.
    - `labels_per_text`, `predicted_per_text`: mean numbers of labels.
    """
    from sklearn.metrics import hamming_loss, label_ranking_average_precision_score

    metrics = {"accuracy": float(scored.right.mean())}
    for average in AVERAGES:
        metrics |= averaged_sets(scored.truth, scored.answers, average)
    return {
        **metrics,
        "hamming_loss": float(hamming_loss(scored.truth, scored.answers)),
        "label_ranking_average_precision": float(
            label_ranking_average_precision_score(scored.truth, scored.probabilities)
        ),
        "labels_per_text": float(scored.truth.sum(axis=1).mean()),
        "predicted_per_text": float(scored.answers.sum(axis=1).mean()),
    }


def epoch_metrics(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> dict[str, float]:
    """Computes the metrics of an epoch: accuracy, macro and micro averages at THRESHOLD, and log_loss in nats.

    Takes zeros and ones, and probabilities, both (examples, classes).
    """
    truth, answers = labels > 0, probabilities >= THRESHOLD
    return {
        "accuracy": float((truth == answers).all(axis=1).mean()),
        **averaged_sets(truth, answers, "macro"),
        "micro_f1": averaged_sets(truth, answers, "micro")["micro_f1"],
        "log_loss": float(set_losses(truth, probabilities).mean()),
    }


def averaged_sets(truth: NDArray[np.bool_], answers: NDArray[np.bool_], average: str) -> dict[str, float]:
    """Computes precision, recall and F1 of tables (examples, classes), with scikit-learn's `average` as prefix."""
    from sklearn.metrics import precision_recall_fscore_support

    if average == "macro":  # over the classes that occur, as elsewhere
        occurring = (truth | answers).any(axis=0)
        truth, answers = truth[:, occurring], answers[:, occurring]
    if average == "samples":  # a text without labels of which none is predicted is right: as if "none" was a label
        empty = ~(truth | answers).any(axis=1)
        truth, answers = (np.column_stack([table, empty]) for table in (truth, answers))
    options: dict[str, Any] = {"average": average, "zero_division": 0}
    scores = precision_recall_fscore_support(truth, answers, **options)
    return {
        f"{average}_{name}": float(score) for name, score in zip(("precision", "recall", "f1"), scores, strict=False)
    }


def set_losses(truth: NDArray[np.bool_], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Computes the negative log-likelihood of the labels of each text in nats, (examples,)."""
    least = np.finfo(probabilities.dtype).eps
    likely = np.clip(probabilities, least, 1 - least)
    return -np.log(np.where(truth, likely, 1 - likely)).sum(axis=1)


def resampled_set_metrics(
    truth: NDArray[np.bool_],
    answers: NDArray[np.bool_],
    losses: NDArray[np.float64] | None = None,
    *,
    resamples: int,
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    """Returns accuracy, macro averages, micro F1 and log_loss of bootstrap resamples, each of shape (resamples,).

    Truth and answers have the shape (examples, classes), losses (examples,). Without losses, log_loss is omitted.
    """
    examples, classes = truth.shape
    tables = np.stack([truth & answers, truth, answers]).astype(np.float32)
    right = (truth == answers).all(axis=1)
    per_text = np.column_stack([right, np.zeros(examples) if losses is None else losses])
    counts = np.empty((3, resamples, classes))
    means = np.empty((resamples, 2))
    for row, drawn in enumerate(resampled_indices(examples, resamples, seed)):
        times = np.bincount(drawn, minlength=examples).astype(np.float32)
        counts[:, row] = times @ tables
        means[row] = times @ per_text / examples
    hits, support, predicted = counts.astype(np.int64)
    micro = 2 * hits.sum(axis=1) / np.maximum(support.sum(axis=1) + predicted.sum(axis=1), 1)
    scores = {"accuracy": means[:, 0], **macro_scores(hits, support, predicted), "micro_f1": micro}
    return scores if losses is None else {**scores, "log_loss": means[:, 1]}
