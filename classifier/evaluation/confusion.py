"""The confusion matrix, and the most confused pairs of classes."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from sklearn import metrics

from classifier.drawing.style import BLUE, PALE, canvas, display_names
from classifier.evaluation.scored import Scored
from classifier.terminal import counted

MOST_CLASSES_WITH_COUNTS = 25
MOST_CLASSES_WITH_NAMES = 200


def confusion_counts(scored: Scored) -> NDArray[np.int64]:
    """Returns counts (classes, classes) of examples by true class (row) and predicted class (column)."""
    return metrics.confusion_matrix(scored.labels, scored.predicted, labels=np.arange(scored.classes))


def confusion_matrix(scored: Scored) -> Figure:
    """Draws the confusion matrix with true classes as rows, shaded by the share of the true class.

    Counts are shown for up to 25 classes; the figure grows with the number of classes. Classes without examples are
    grey.
    """
    counts = confusion_counts(scored)
    support = counts.sum(axis=1, keepdims=True)
    shares = np.ma.masked_where(np.broadcast_to(support == 0, counts.shape), counts / np.maximum(support, 1))
    names = display_names(scored.label_names)
    size, font = matrix_size(names)
    with canvas(size + 1.2, size) as (figure, axes):
        shading = colormaps["Blues"].with_extremes(bad=PALE)
        norm = PowerNorm(0.5, 0, 1)  # the square root keeps a confusion of one example in twenty visible
        image = axes.imshow(shares, cmap=shading, norm=norm, aspect="auto")
        bar = figure.colorbar(image, label="share of the true class", format="{x:.0%}", shrink=0.6, aspect=30, pad=0.02)
        bar.set_ticks([0, 0.05, 0.2, 0.5, 1])
        bar.outline.set_visible(False)
        axes.set(title=f"Confusion matrix, {counted(counts.sum(), 'example')}", xlabel="predicted", ylabel="true")
        name_classes(axes, names, font)
        if len(counts) <= MOST_CLASSES_WITH_COUNTS:
            write_counts(axes, counts, shares.filled(0), font)
    return figure


def matrix_size(names: list[str]) -> tuple[float, float]:
    """Returns the height of the figure in inches, including the longest name, and the font size in points."""
    cell, font = (0.45, 8) if len(names) <= MOST_CLASSES_WITH_COUNTS else (0.13, 6)
    room = 1 + max(map(len, names)) * font * 0.6 / 72  # the width of a character is about 0.6 of its size
    return room + float(np.clip(cell * len(names), 2.8, 22)), font


def name_classes(axes: Axes, names: list[str], font: float) -> None:
    """Adds the names to both axes, unless there are too many, and thin lines between the cells."""
    ticks = np.arange(len(names)) if len(names) <= MOST_CLASSES_WITH_NAMES else []
    tick_labels = names if len(ticks) else []
    upright = len(names) > 4 or max(map(len, names)) > 10
    axes.set_xticks(ticks, tick_labels, rotation=90 if upright else 0, fontsize=font)
    axes.set_yticks(ticks, tick_labels, fontsize=font)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    if tick_labels:
        edges, ends = np.arange(len(names) + 1) - 0.5, (-0.5, len(names) - 0.5)
        axes.hlines(edges, *ends, color=PALE, linewidth=0.5)
        axes.vlines(edges, *ends, color=PALE, linewidth=0.5)


def write_counts(axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64], font: float) -> None:
    """Writes the number of examples in every nonzero cell, light on dark."""
    for row, column in np.argwhere(counts):
        colour = "white" if shares[row, column] > 0.35 else "black"
        axes.text(column, row, f"{counts[row, column]:,}", ha="center", va="center", color=colour, fontsize=font)


def confused_pairs(scored: Scored, *, limit: int = 20) -> Figure:
    """Draws the `limit` largest off-diagonal cells as bars, with their share of the true class.

    Raises ValueError if there are no mistakes.
    """
    counts = confusion_counts(scored)
    pairs = largest_mistakes(counts)[:limit]
    if not pairs:
        raise ValueError("confused pairs need at least one mistake")
    names, support = display_names(scored.label_names), counts.sum(axis=1)
    values = [counts[pair] for pair in pairs]
    with canvas(8, 1.2 + 0.26 * len(pairs)) as (figure, axes):
        bars = axes.barh(np.arange(len(pairs)), values, color=BLUE, height=0.7)
        shares = [f" {value:,}  ({value / support[true]:.0%})" for value, (true, _) in zip(values, pairs, strict=True)]
        axes.bar_label(bars, shares, fontsize=8)
        axes.set_yticks(np.arange(len(pairs)), [f"{names[true]} → {names[predicted]}" for true, predicted in pairs])
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        axes.set(xlim=(0, max(values) * 1.2), ylim=(len(pairs) - 0.4, -0.6))
        axes.set(title="Most confused: true → predicted", xlabel="examples (share of the true class)")
    return figure


def largest_mistakes(counts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Returns the off-diagonal pairs (true, predicted) that occur, by decreasing frequency, then by class number."""
    mistakes = counts * (1 - np.eye(len(counts), dtype=counts.dtype))
    pairs = np.argwhere(mistakes)
    order = np.argsort(-mistakes[tuple(pairs.T)], kind="stable")
    return [(int(true), int(predicted)) for true, predicted in pairs[order]]
