"""The figures of an evaluation and of a run, as matplotlib figures that need not be closed.

`figures` returns the figures of a split by name; the functions for single figures are also available here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from classifier.drawing.style import BLUE, COLOURS, GREY, INK, SKY, VERMILION, canvas, display_names, unit_axis
from classifier.evaluation.calibration import reliability_bins
from classifier.evaluation.confusion import confused_pairs, confusion_matrix
from classifier.evaluation.curves import precision_recall, roc
from classifier.evaluation.decisions import risk_coverage as shares_and_risks
from classifier.evaluation.metrics import ClassMetrics, Evaluation
from classifier.evaluation.scored import Scored

__all__ = [
    "class_support",
    "confused_pairs",
    "confusion_matrix",
    "figures",
    "learning_curves",
    "precision_recall",
    "reliability",
    "risk_coverage",
    "roc",
]

MOST_BARS = 200
LOSSES = {
    "loss": "training",
    "valid.loss": "validation",
    "valid.log_loss": "validation, log loss",
    "valid.encoder_log_loss": "of the encoder alone",
}


def figures(scored: Scored, evaluation: Evaluation) -> dict[str, Figure]:
    """Returns the figures of a split by name.

    Curves are omitted if one class has all examples, and confused pairs if there are two classes or no mistakes. For
    several labels per text, the pictures of confusions and of risk and coverage are omitted.
    """
    drawn = {"reliability": reliability(scored), "class_support": class_support(evaluation.per_class)}
    if not scored.several:
        drawn |= {"confusion_matrix": confusion_matrix(scored), "risk_coverage": risk_coverage(scored)}
        if scored.classes > 2 and not scored.right.all():
            drawn["confused_pairs"] = confused_pairs(scored)
    if len(scored.contrasted):
        drawn |= {"precision_recall": precision_recall(scored), "roc": roc(scored)}
    return drawn


def reliability(scored: Scored) -> Figure:
    """Draws accuracy against confidence in 15 bins, the number of examples per bin, and the calibration error.

    If the probabilities before calibration are known, their line is drawn as well.
    """
    bins = reliability_bins(scored)
    edges = np.linspace(0, 1, len(bins.counts) + 1)
    centres, width, filled = (edges[:-1] + edges[1:]) / 2, 0.94 * edges[1], bins.counts > 0
    with canvas(5.6, 6, rows=2, sharex=True, height_ratios=[3, 1]) as (figure, (above, below)):
        above.bar(centres[filled], bins.accuracy[filled], width, color=SKY, label="accuracy of the bin")
        title = f"Reliability, expected calibration error {bins.calibration_error:.3f}"
        at_mean, dots = (bins.confidence[filled], bins.accuracy[filled]), {"color": VERMILION, "marker": "o"}
        if scored.uncalibrated is None:
            above.plot(*at_mean, linestyle="", markersize=4, label="at its mean confidence", **dots)
        else:
            before = reliability_bins(replace(scored, probabilities=scored.uncalibrated, uncalibrated=None))
            shown, squares = before.counts > 0, {"color": GREY, "marker": "s"}
            at = (before.confidence[shown], before.accuracy[shown])
            above.plot(*at, linewidth=1, markersize=3, label="before calibration", **squares)
            above.plot(*at_mean, linewidth=1, markersize=4, label="after calibration", **dots)
            errors = f"{before.calibration_error:.3f} before, {bins.calibration_error:.3f} after"
            title = f"Reliability, calibration error {errors}"
        above.plot([0, 1], [0, 1], color=INK, linestyle="--", linewidth=1.2, label="perfectly calibrated")
        above.legend(loc="upper left", ncols=2, columnspacing=1.2, handletextpad=0.5)
        above.set(ylabel="accuracy", title=title)
        bars = below.bar(centres, bins.counts, width, color=GREY)
        below.bar_label(bars, [f"{count:,}" if count else "" for count in bins.counts], fontsize=6, padding=1)
        below.set(xlabel="confidence: probability of the predicted class", ylabel="examples")
        below.margins(y=0.2)
        below.yaxis.set_major_formatter("{x:,.0f}")
        unit_axis(above, "x")
        above.set_ylim(-0.02, 1.18)  # room for the legend above the bars
    return figure


def risk_coverage(scored: Scored) -> Figure:
    """Draws the share of mistakes among the most confident answers, and the threshold of the model if it abstains."""
    shares, risks = shares_and_risks(scored)
    with canvas(5.6, 4) as (figure, axes):
        axes.plot(shares, risks, color=BLUE)
        if scored.decision.accept_from is not None:
            accepted = scored.decision.accepted(scored.probabilities)
            axes.axvline(accepted.mean(), color=INK, linestyle="--", linewidth=1, label="accepted by this model")
            axes.legend(loc="upper left")
        axes.set(xlabel="share of accepted answers, the most confident first", ylabel="share of mistakes among them")
        axes.set_title(f"Risk and coverage, area {risks.mean():.3f}")
        unit_axis(axes, "x")
        axes.set_ylim(bottom=0)
    return figure


def class_support(per_class: Sequence[ClassMetrics]) -> Figure:
    """Draws F1 and number of examples of each class by decreasing F1; only the worst 200 if there are more."""
    named = zip(per_class, display_names([row.label for row in per_class]), strict=True)
    best_first = sorted(named, key=lambda pair: (pair[0].support > 0, pair[0].f1, pair[0].support), reverse=True)
    ranked, names = zip(*best_first[-MOST_BARS:], strict=True)
    left_out = f" (the {MOST_BARS} worst of {len(per_class)})" if len(ranked) < len(per_class) else ""
    with canvas(8, 1.5 + 0.17 * max(len(ranked), 6), columns=2, sharey=True) as (figure, (left, right)):
        scores = [f"{row.f1:.2f}" if row.support else "no examples" for row in ranked]
        bar_column(left, [row.f1 for row in ranked], scores, BLUE)
        bar_column(right, [row.support for row in ranked], [f"{row.support:,}" for row in ranked], GREY)
        left.set(title=f"F1 of each class{left_out}", xlim=(0, 1.12))
        right.set_title("Examples")
        right.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        right.xaxis.set_major_formatter("{x:,.0f}")
        left.set_yticks(np.arange(len(ranked)), names, fontsize=7)
        left.set_ylim(len(ranked) - 0.4, -0.6)
    return figure


def bar_column(axes: Axes, values: Sequence[float], texts: Sequence[str], colour: str) -> None:
    """Draws horizontal bars with their values next to them."""
    bars = axes.barh(np.arange(len(values)), values, height=0.7, color=colour)
    axes.bar_label(bars, texts, fontsize=6, padding=2)
    axes.margins(x=0.15)
    axes.grid(axis="y", visible=False)


def learning_curves(history: Sequence[Mapping[str, Any]], *, best_epoch: int | None = None) -> Figure:
    """Draws losses and validation metrics of a run next to each other; a dashed line marks the best epoch.

    Each entry has `epoch`, any of LOSSES (in nats) and other `valid.` metrics between 0 and 1; missing values leave a
    gap. Raises ValueError if the history has none of them.
    """
    known = list(dict.fromkeys(key for entry in history for key in entry))
    losses = [key for key in LOSSES if key in known]
    scores = [key for key in known if key.startswith("valid.") and key not in LOSSES]
    panels = [keys for keys in (losses, scores) if keys]
    if not panels:
        raise ValueError("learning curves need at least one epoch with a loss or a validation metric")
    with canvas(4.6 * len(panels), 3.8, columns=len(panels), squeeze=False) as (figure, grid):
        for axes, keys in zip(grid[0], panels, strict=True):
            draw_history(axes, history, keys, best_epoch)
            axes.set(title="Loss, nats" if keys is losses else "Validation metrics", xlabel="epoch")
    return figure


def draw_history(axes: Axes, history: Sequence[Mapping[str, Any]], keys: list[str], best_epoch: int | None) -> None:
    """Draws a line over the epochs for each key, and marks the best epoch."""
    epochs = [entry["epoch"] for entry in history]
    for key, colour in zip(keys, cycle(COLOURS), strict=False):
        values = np.array([entry.get(key, np.nan) for entry in history], dtype=float)
        name = LOSSES.get(key) or key.removeprefix("valid.").replace("_", " ").replace("f1", "F1")
        axes.plot(epochs, values, color=colour, marker="o", markersize=3.5, label=name)
    if best_epoch is not None:
        axes.axvline(best_epoch, color=INK, linestyle="--", linewidth=1, zorder=1, label=f"best epoch: {best_epoch}")
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
    axes.legend(loc="best")
