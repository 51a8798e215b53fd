"""Draws the effect of each setting on the objective: importance, parallel coordinates, slices."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from classifier.drawing.style import BLUE, GREY, canvas, display_text
from classifier.settings.short_names import short_name
from classifier.sweeps.objective import minimized
from classifier.sweeps.trial import split_override
from classifier.tracking.trial_records import TrialRecord

LOG_RATIO = 10  # ratio of the largest to the smallest value above which an axis is logarithmic
LINE = 12  # length of a name above which it is wrapped to two lines
FOREST_SEED, REPEATS = 0, 20


@dataclass(frozen=True, slots=True)
class Setting:
    """The values of a setting in the trials, as positions on an axis with labels."""

    name: str
    places: np.ndarray  # (trials,)
    labels: list[str] | None  # of the positions 0, 1, ...; None: the positions are the values themselves
    log: bool = False


def settings_of(trials: Sequence[TrialRecord], keys: Sequence[str]) -> list[Setting]:
    """Returns the settings that differ between the trials, as positions on axes."""
    given = [dict(map(split_override, trial.overrides)) for trial in trials]
    found = []
    for key in keys:
        values = [overrides.get(key, "default") for overrides in given]
        if len(set(values)) > 1:
            found.append(setting(display_text(short_name({key: ""}).rstrip("=")), values))
    return found


def setting(name: str, values: Sequence[str]) -> Setting:
    """Converts values to positions: numbers to themselves, other values to their index in sorted order."""
    with suppress(ValueError):
        numbers = np.array([float(value) for value in values])
        return Setting(name, numbers, None, bool(numbers.min() > 0 and numbers.max() / numbers.min() > LOG_RATIO))
    labels = sorted(set(values))
    places = np.array([labels.index(value) for value in values], float)
    return Setting(name, places, [display_text(label) for label in labels])


def importance(trials: Sequence[TrialRecord], keys: Sequence[str], objective: str) -> Figure | None:
    """Draws the permutation importance of the settings in a random forest (Breiman 2001, section 10)."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    settings = settings_of(trials, keys)
    if len(trials) < 4 or not settings:
        return None
    places = np.stack([column.places for column in settings], axis=1)
    values = np.array([trial.metrics[objective] for trial in trials])
    forest = RandomForestRegressor(200, random_state=FOREST_SEED).fit(places, values)
    found: Any = permutation_importance(forest, places, values, n_repeats=REPEATS, random_state=FOREST_SEED)
    shares = np.maximum(found.importances_mean, 0)
    shares = shares / (shares.sum() or 1)
    order = np.argsort(shares)
    with canvas(6, 1.2 + 0.32 * len(settings)) as (figure, axes):
        axes.barh([settings[index].name for index in order], shares[order], color=BLUE, height=0.6)
        axes.set(title=f"Importance for {objective}", xlabel="share, by permutation in a random forest", xlim=(0, 1))
        axes.grid(axis="y", visible=False)
    return figure


def parallel_coordinates(trials: Sequence[TrialRecord], keys: Sequence[str], objective: str) -> Figure | None:
    """Draws a line for each trial through its settings to the objective; better trials are darker."""
    settings = settings_of(trials, keys)
    if len(trials) < 2 or not settings:
        return None
    values = np.array([trial.metrics[objective] for trial in trials])
    columns = [*settings, Setting(objective, values, None)]
    heights = np.stack([scaled(column) for column in columns], axis=1)
    ranks = np.argsort(np.argsort(values if minimized(objective) else -values))
    with canvas(max(5, 1.25 * len(columns)), 3.8) as (figure, axes):
        for index in np.argsort(-ranks):
            share = 1 - ranks[index] / max(1, len(trials) - 1)
            axes.plot(heights[index], color=BLUE, alpha=0.12 + 0.88 * share**3, linewidth=0.8 + 1.6 * share**3)
        for place, column in enumerate(columns):
            axes.axvline(place, color=GREY, linewidth=0.8)
            for height, label in tick_labels(column):
                axes.text(
                    place + 0.05, height, label, va="center", fontsize=8,
                    bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8},
                )  # fmt: skip
        axes.set_xticks(range(len(columns)), [wrapped(column.name) for column in columns], fontsize=8)
        axes.set(title="Parallel coordinates", yticks=[], xlim=(-0.1, len(columns) - 0.6), ylim=(-0.06, 1.06))
        axes.spines["left"].set_visible(False)
        axes.grid(visible=False)
    return figure


def wrapped(name: str) -> str:
    """Wraps a long name to two lines."""
    first, _, last = name.rpartition("_" if "_" in name else ".")
    return f"{first}\n{last}" if first and len(name) > LINE else name


def scaled(column: Setting) -> np.ndarray:
    """Returns the positions scaled to between 0 and 1."""
    places = np.log(column.places) if column.log else column.places
    return (places - places.min()) / (np.ptp(places) or 1)


def tick_labels(column: Setting) -> list[tuple[float, str]]:
    """Returns heights and labels: of all values if there are few, otherwise of the minimum and the maximum."""
    heights = scaled(column)
    pairs: dict[float, str] = {}
    for height, place in zip(heights.tolist(), column.places.tolist(), strict=True):
        pairs[height] = column.labels[round(place)] if column.labels else f"{place:.3g}"
    return sorted(pairs.items()) if len(pairs) <= 6 else [min(pairs.items()), max(pairs.items())]


def slices(trials: Sequence[TrialRecord], keys: Sequence[str], objective: str) -> Figure | None:
    """Draws the objective against each setting."""
    settings = settings_of(trials, keys)
    if len(trials) < 2 or not settings:
        return None
    values = [trial.metrics[objective] for trial in trials]
    columns = min(3, len(settings))
    rows = -(-len(settings) // columns)
    with canvas(2.9 * columns, 2.5 * rows + 0.3, rows, columns, squeeze=False, sharey=True) as (figure, grid):
        for axes, column in zip(grid.flat, settings, strict=False):
            axes.scatter(column.places, values, s=18, color=BLUE, alpha=0.7)
            axes.set_xlabel(column.name)
            name_places(axes, column)
        for axes in grid.flat[len(settings) :]:
            axes.set_visible(False)
        for row in grid:
            row[0].set_ylabel(objective)
        grid[0][0].set_title("Slices")
    return figure


def name_places(axes: Axes, column: Setting) -> None:
    if column.labels:
        axes.set_xticks(range(len(column.labels)), column.labels, rotation=30 if len(column.labels) > 3 else 0)
        axes.set_xlim(-0.5, len(column.labels) - 0.5)
    elif column.log:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    elif len(set(column.places)) <= 6:
        axes.set_xticks(sorted(set(column.places)))
