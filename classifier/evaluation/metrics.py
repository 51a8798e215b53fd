"""Metrics of a split, computed by scikit-learn: `evaluate` for the report, `headline` for the end of an epoch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifier.evaluation.arrays import checked
from classifier.evaluation.bootstrap import Interval, percentile_interval, resampled_metrics
from classifier.evaluation.calibration import AFTER, Calibration, calibration_rows
from classifier.evaluation.decisions import decision_metrics
from classifier.evaluation.label_sets import epoch_metrics, resampled_set_metrics, set_losses, set_metrics
from classifier.evaluation.none_of_these import none_intervals, none_metrics
from classifier.evaluation.proportions import f1_limits, mean_interval, wilson_interval, wilson_limits
from classifier.evaluation.scored import Scored

__all__ = ["ClassMetrics", "Evaluation", "Interval", "evaluate", "headline"]


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    """Metrics of one class against the rest; ranking metrics are None if it has no or all examples of the split."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int  # examples
    precision_low: float  # ends of 95 % intervals
    precision_high: float
    recall_low: float
    recall_high: float
    f1_low: float
    f1_high: float
    roc_auc: float | None
    average_precision: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The metrics of a split, 95 % intervals of some of them, the metrics of each class, and the calibration."""

    scored: Scored
    metrics: dict[str, float]
    intervals: dict[str, Interval]
    per_class: list[ClassMetrics]
    calibration: list[Calibration] = field(default_factory=list)


def evaluate(scored: Scored, *, resamples: int = 1000, seed: int = 0) -> Evaluation:
    """Computes all metrics of a split; log_loss is in nats.

    As in scikit-learn, macro precision, recall and F1 average over the classes that occur in labels or predictions.
    `roc_auc` and `average_precision` are macro averages of one class against the rest, and are omitted unless every
    class has examples. `resamples=0` skips the intervals. For the metrics of decisions see `decision_metrics`, for
    those of several labels per text `set_metrics`, and for those of texts of none of the classes `none_metrics`.

    >>> evaluate(Scored(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]), ["ham", "spam"])).metrics["accuracy"]
    1.0
    """
    per_class, calibration = class_metrics(scored), calibration_rows(scored, resamples=min(resamples, 200), seed=seed)
    after = {row.metric: row for row in calibration if row.stage == AFTER and row.metric != "log_loss"}
    metrics = {
        "examples": float(len(scored)),
        **(set_metrics(scored) if scored.several else label_metrics(scored.labels, scored.predicted)),
        "log_loss": mean_loss(scored),
        **{name: row.value for name, row in after.items()},
        **ranking_metrics(per_class),
        **decision_metrics(scored),
        **none_metrics(scored),
    }
    ends = {
        name: Interval(row.low, row.high) for name, row in after.items() if row.low is not None and row.high is not None
    }
    return Evaluation(scored, metrics, intervals(scored, resamples, seed) | ends, per_class, calibration)


def headline(labels: ArrayLike, probabilities: ArrayLike) -> dict[str, float]:
    """Computes the metrics of an epoch: accuracy, macro precision, recall and F1, and log_loss in nats.

    Takes labels (examples,) and probabilities (examples, classes); if a text can have several labels, see
    `epoch_metrics`. Raises the same errors as `arrays.checked`; NaN is a UserError about a diverged training.
    """
    from sklearn.metrics import accuracy_score

    labels, probabilities = checked(labels, probabilities)
    if labels.ndim == 2:
        return epoch_metrics(labels, probabilities)
    predicted = probabilities.argmax(axis=1)
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        **averaged(labels, predicted, "macro"),
        "log_loss": log_loss(labels, probabilities),
    }


def label_metrics(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> dict[str, float]:
    """Computes the metrics that require no probabilities, from two arrays of shape (examples,).

    Micro averages are omitted, because with one label per text all of them are the accuracy.
    """
    from sklearn.metrics import accuracy_score, matthews_corrcoef

    one_class = (
        labels == labels[0]
    ).all()  # scikit-learn also returns 0, but with a warning if all predictions are equal
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        **averaged(labels, predicted, "macro"),
        **averaged(labels, predicted, "weighted"),
        "matthews_correlation": 0.0 if one_class else float(matthews_corrcoef(labels, predicted)),
    }


def averaged(labels: NDArray[np.int64], predicted: NDArray[np.int64], average: str) -> dict[str, float]:
    """Computes precision, recall and F1, with scikit-learn's `average` as prefix of their names; 0 if undefined."""
    scores = defined_scores(labels, predicted, average=average)
    names = ("precision", "recall", "f1")
    return {f"{average}_{name}": float(score) for name, score in zip(names, scores[:3], strict=True)}


def defined_scores(labels: NDArray[np.int64], predicted: NDArray[np.int64], /, **options: Any) -> tuple[Any, ...]:
    """Computes precision, recall, F1 and support with scikit-learn; undefined values are 0."""
    from sklearn.metrics import precision_recall_fscore_support

    return precision_recall_fscore_support(labels, predicted, **{"zero_division": 0, **options})


def mean_loss(scored: Scored) -> float:
    """Computes the mean loss of an example in nats; that of several labels is the sum over all classes."""
    if scored.several:
        return float(set_losses(scored.truth, scored.probabilities).mean())
    return log_loss(scored.labels, scored.probabilities)


def log_loss(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Computes the mean cross-entropy in nats."""
    from sklearn import metrics

    return float(metrics.log_loss(labels, probabilities, labels=np.arange(probabilities.shape[1])))


def class_metrics(scored: Scored) -> list[ClassMetrics]:
    """Computes the metrics of each class against the rest, in the order of `label_names`."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    classes, support = np.arange(scored.classes), scored.truth.sum(axis=0)
    scores = class_scores(scored.truth, scored.answers)
    ranked, limits = set(scored.contrasted.tolist()), class_limits(scored)

    def ranking(score: Callable[..., Any], column: int) -> float | None:
        return float(score(scored.truth[:, column], scored.probabilities[:, column])) if column in ranked else None

    return [
        ClassMetrics(
            label=name,
            precision=float(precision),
            recall=float(recall),
            f1=float(f1),
            support=int(support),
            **{
                f"{metric}_{end}": float(values[column])
                for metric, ends in limits.items()
                for end, values in zip(("low", "high"), ends, strict=True)
            },
            roc_auc=ranking(roc_auc_score, column),
            average_precision=ranking(average_precision_score, column),
        )
        for column, name, precision, recall, f1, support in zip(
            classes.tolist(), scored.label_names, *scores, support, strict=True
        )
    ]


def class_counts(
    truth: NDArray[np.bool_], answers: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Returns hits, examples and predictions of each class, (classes,), from tables (examples, classes)."""
    return (truth & answers).sum(axis=0), truth.sum(axis=0), answers.sum(axis=0)


def class_scores(
    truth: NDArray[np.bool_], answers: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Returns precision, recall and F1 of each class, (classes,), from tables (examples, classes); 0 if undefined."""
    hits, support, predicted = class_counts(truth, answers)
    return tuple(  # pyright: ignore[reportReturnType]
        times * hits / np.maximum(count, 1) for times, count in ((1, predicted), (1, support), (2, support + predicted))
    )


def class_limits(scored: Scored) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Computes the ends (classes,) of the 95 % intervals of precision, recall and F1 of each class."""
    hits, support, predicted = class_counts(scored.truth, scored.answers)
    return {
        "precision": wilson_limits(hits, predicted),
        "recall": wilson_limits(hits, support),
        "f1": f1_limits(hits, support, predicted),
    }


def ranking_metrics(per_class: list[ClassMetrics]) -> dict[str, float]:
    """Computes the macro averages of the ranking metrics; omits them if they are undefined for any class."""
    scores = {name: [getattr(row, name) for row in per_class] for name in ("roc_auc", "average_precision")}
    return {name: float(np.mean(values)) for name, values in scores.items() if None not in values}


def intervals(scored: Scored, resamples: int, seed: int) -> dict[str, Interval]:
    """Computes 95 % intervals of accuracy, macro precision, recall and F1, and log_loss.

    That of accuracy is Wilson's. The others are from the bootstrap, which is too narrow for a few examples: that of a
    macro average is at least as wide as if the classes were independent, each with its own Wilson interval. For several
    labels per text, there is also that of micro F1; see `micro_interval`.
    """
    if not resamples:
        return {}
    if scored.several:
        of_texts = set_losses(scored.truth, scored.probabilities)
        values = resampled_set_metrics(scored.truth, scored.answers, of_texts, resamples=resamples, seed=seed)
    else:
        options = {"classes": scored.classes, "resamples": resamples, "seed": seed}
        values = resampled_metrics(scored.labels, scored.predicted, losses(scored), **options)
    found = {name: percentile_interval(of_resamples) for name, of_resamples in values.items()}
    found["accuracy"] = wilson_interval(int(scored.right.sum()), len(scored))
    if scored.several:
        found["micro_f1"] = wider(found["micro_f1"], micro_interval(scored))
    return (
        found
        | none_intervals(scored)
        | {f"macro_{name}": wider(found[f"macro_{name}"], one) for name, one in macro_intervals(scored).items()}
    )


def losses(scored: Scored) -> NDArray[np.float64]:
    """Computes the loss of each example with one label in nats, (examples,)."""
    least = np.finfo(scored.probabilities.dtype).eps  # as in scikit-learn's log_loss
    of_label = scored.probabilities[np.arange(len(scored)), scored.labels]
    return -np.log(np.clip(of_label, least, 1 - least))


def micro_interval(scored: Scored) -> Interval:
    """Computes the interval of micro F1 as if all single decisions were independent."""
    low, high = f1_limits(*(counts.sum() for counts in class_counts(scored.truth, scored.answers)))
    return Interval(float(low), float(high))


def macro_intervals(scored: Scored) -> dict[str, Interval]:
    """Computes the intervals of macro precision, recall and F1 from those of the classes that occur."""
    classes = np.flatnonzero((scored.truth | scored.answers).any(axis=0))
    scores, limits = class_scores(scored.truth, scored.answers), class_limits(scored)
    return {
        name: mean_interval(values[classes], *(end[classes] for end in limits[name]))
        for name, values in zip(("precision", "recall", "f1"), scores, strict=True)
    }


def wider(one: Interval, other: Interval) -> Interval:
    """Returns the smallest interval that contains both."""
    return Interval(min(one.low, other.low), max(one.high, other.high))
