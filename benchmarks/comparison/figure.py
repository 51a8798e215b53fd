"""The picture: accuracy against seconds, a panel for each data set."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from classifier.drawing.style import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION, canvas
from comparison.cases import BASELINES, METHODS

LOOKS = {  # colour, marker and its size; the majority class is too low to be drawn
    "logistic": (SKY, "o", 6),
    "linear_svc": (BLUE, "s", 6),
    "nb_svm": (GREEN, "^", 6),
    "fasttext": (ORANGE, "D", 6),
    "fasttext_autotune": (PURPLE, "v", 6),
    "ours": (VERMILION, "*", 11),
    "ours_experiment": (INK, "P", 6),
}
COLUMNS = 3
DEPTH = 0.2  # of accuracy below the best of a panel; what is lower is drawn at the lower edge, with its number


def draw(rows: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Every method but the majority class, with its 95 % interval."""
    columns, lines = min(COLUMNS, len(rows)), -(-len(rows) // COLUMNS)
    size = (1.2 + 2.9 * columns, 1.2 + 2.4 * lines)
    with canvas(*size, rows=lines, columns=columns, squeeze=False, sharex=True) as (figure, grid):
        handles = {}
        for panel, (data, of_data) in zip(grid.ravel(), rows.items(), strict=False):
            handles |= draw_panel(panel, of_data)
            panel.set(title=data, xlabel="seconds, log scale", ylabel="test accuracy", xscale="log")
            panel.tick_params(labelbottom=True)
            panel.margins(x=0.12, y=0.12)
        panel = grid[0][0]  # all share its ticks
        panel.xaxis.set_major_formatter("{x:,g}")
        panel.xaxis.set_minor_locator(NullLocator())
        for empty in grid.ravel()[len(rows) :]:
            empty.set_visible(False)
        drawn = {METHODS[method]: handles[method] for method in LOOKS if method in handles}
        figure.legend(drawn.values(), drawn, loc="outside lower center", ncols=4 if columns > 2 else 2)
    return figure


def draw_panel(panel: Axes, of_data: Mapping[str, Any]) -> dict[str, Any]:
    """One data set; higher and further left is better. What stands for each method in the legend."""
    handles = {}
    floor = max((of_data[method].values["accuracy"] for method in LOOKS if method in of_data), default=0) - DEPTH
    for method, (colour, marker, size) in LOOKS.items():
        if method in of_data:
            values, interval = of_data[method].values, of_data[method].intervals["accuracy"]
            fit = values["choosing_seconds"] + values["training_seconds"]  # of ours, the whole command counts
            seconds, value = fit if method in BASELINES else values["wall_seconds"], values["accuracy"]
            edge = {"markeredgecolor": "white", "markeredgewidth": 0.6, "linestyle": "none", "markersize": size}
            ends = [[value - interval.low], [interval.high - value]] if value >= floor else None
            handles[method] = panel.errorbar(
                seconds, max(value, floor), yerr=ends, color=colour, marker=marker, elinewidth=1, **edge
            )
            if value < floor:
                place = {"xytext": (6, -3), "textcoords": "offset points", "fontsize": 7}
                panel.annotate(f"{value:.2f} ↓", (seconds, floor), **place)
    return handles
