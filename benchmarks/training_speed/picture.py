"""The bars: examples a second of each contender, data set by data set."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from classifier.drawing.style import COLOURS, GREY, INK, canvas


def bars(results: Sequence[Mapping[str, Any]]) -> Figure:
    """A panel for each data set, a bar for each contender at the median of its rounds; lines from worst to best."""
    data = list(dict.fromkeys(result["workload"] for result in results))
    contenders = list(dict.fromkeys(result["contender"] for result in results))
    colours = dict(zip(contenders, COLOURS, strict=False))
    with canvas(9.6, 3.6, columns=len(data), squeeze=False) as (figure, grid):
        for axes, name in zip(grid[0], data, strict=True):
            panel(axes, [result for result in results if result["workload"] == name], colours)
            axes.set_title(name)
        grid[0][0].set_ylabel("examples a second")
    return figure


def panel(axes: Axes, results: Sequence[Mapping[str, Any]], colours: Mapping[str, str]) -> None:
    """The bars of one data set, each with its value."""
    rates = [sorted(result["examples"] / seconds for seconds in result["wall_seconds"]) for result in results]
    medians = [statistics.median(rate) for rate in rates]
    names = [result["contender"] for result in results]
    drawn = axes.bar(range(len(names)), medians, width=0.75, color=[colours[name] for name in names])
    below = [median - rate[0] for median, rate in zip(medians, rates, strict=True)]
    above = [rate[-1] - median for median, rate in zip(medians, rates, strict=True)]
    axes.errorbar(range(len(names)), medians, [below, above], fmt="none", ecolor=INK, elinewidth=1, capsize=2)
    for bar, rate, median in zip(drawn, rates, medians, strict=True):
        place = (bar.get_x() + bar.get_width() / 2, rate[-1])
        axes.annotate(f"{median:,.0f}", place, (0, 3), textcoords="offset points", ha="center", fontsize=8)
    axes.set_xticks(range(len(names)), [name.replace("_", "\n") for name in names], color=GREY)
    axes.grid(axis="x", visible=False)
    axes.margins(y=0.12)
    axes.yaxis.set_major_formatter("{x:,.0f}")
