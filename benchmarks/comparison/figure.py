"""The picture: accuracy against seconds, a panel for each data set."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from classifier.drawing.style import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION, canvas
from comparison.cases import BASELINES, METHODS
from comparison.rows import Row, Rows

LOOKS = {  # colour, marker and its size; the majority class is not drawn, as the axis would have to reach down to it
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


def draw(rows: Rows) -> Figure:
    """Every method but the majority class, with its 95 % interval."""
    columns = min(COLUMNS, len(rows))
    lines = -(-len(rows) // columns)
    size = (1.2 + 2.9 * columns, 1.2 + 2.4 * lines)
    with canvas(*size, rows=lines, columns=columns, squeeze=False, sharex=True) as (figure, grid):
        panels: list[Axes] = list(grid.ravel())
        for panel, (data, of_data) in zip(panels, rows.items(), strict=False):
            draw_panel(panel, data, of_data)
        places = [seconds(method, row) for one in rows.values() for method, row in one.items() if method in LOOKS]
        low, high = np.log10(min(places, default=1) / 1.2), np.log10(max(places, default=1) * 1.2)
        panels[0].set(xscale="log", xlim=(10 ** np.floor(low), 10 ** np.ceil(high)))  # all panels share it
        panels[0].xaxis.set_major_formatter("{x:,g}")
        panels[0].xaxis.set_minor_locator(NullLocator())
        for place, panel in enumerate(panels):
            panel.set_visible(place < len(rows))
            panel.set(ylabel="test accuracy" if place % columns == 0 else "")
            if len(rows) - columns <= place < len(rows):  # the lowest of its column
                panel.tick_params(labelbottom=True)
                panel.set_xlabel("seconds, log scale")
        drawn = [method for method in LOOKS if any(method in of_data for of_data in rows.values())]
        legend = [Line2D([], [], label=METHODS[method], **look(method)) for method in drawn]
        figure.legend(handles=legend, loc="outside lower center", ncols=4 if columns > 2 else 2)
    return figure


def draw_panel(panel: Axes, data: str, of_data: dict[str, Row]) -> None:
    """One data set; higher and further left is better."""
    values = {method: row.value("accuracy") for method, row in of_data.items() if method in LOOKS}
    floor = max(values.values(), default=0) - DEPTH
    for method, value in values.items():
        place, interval = seconds(method, of_data[method]), of_data[method].interval("accuracy")
        if value < floor:
            panel.plot(place, floor, **look(method))
            panel.annotate(f"{value:.2f} ↓", (place, floor), (6, -3), textcoords="offset points", fontsize=7)
        else:
            ends = [[value - interval.low], [interval.high - value]]
            panel.errorbar(place, value, yerr=ends, elinewidth=1, **look(method))
    panel.set_title(data)
    panel.margins(y=0.12)


def seconds(method: str, row: Row) -> float:
    """Choosing and the final fit of a baseline; of ours, the whole command."""
    if method in BASELINES:
        return row.mean("choosing_seconds") + row.mean("training_seconds")
    return row.mean("wall_seconds")


def look(method: str) -> dict[str, Any]:
    colour, marker, size = LOOKS[method]
    edge = {"markeredgecolor": "white", "markeredgewidth": 0.6, "linestyle": "none"}
    return {"color": colour, "marker": marker, "markersize": size, **edge}
