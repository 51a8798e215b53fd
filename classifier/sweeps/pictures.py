"""What a sweep looks like: matplotlib figures by name, each only where there is something to see."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from classifier.evaluation.style import BLUE, GREY, INK, ORANGE, PALE, VERMILION, canvas
from classifier.sweeps.objective import minimized, pareto, ranked
from classifier.sweeps.trial import short_name, split_override
from classifier.tracking.sweeps import Kept

MOST_BARS = 40
COLOURS = {"FINISHED": BLUE, "PRUNED": ORANGE, "FAILED": VERMILION, "KILLED": VERMILION, "RUNNING": GREY}
LOG_RATIO = 50  # between the largest and the smallest value of a setting, from which its axis is logarithmic
FOREST_SEED, REPEATS = 0, 20


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting over the trials: a place on an axis for each, and what stands at the places."""

    name: str
    places: np.ndarray  # (trials,)
    labels: list[str] | None  # at 0, 1, ...; None: the places are the numbers themselves
    log: bool = False


def pictures(trials: Sequence[Kept], keys: Sequence[str], objectives: Sequence[str]) -> dict[str, Figure]:
    """All pictures that the trials give, by name.

    Args:
        trials: with their histories.
        keys: of the settings that vary.
        objectives: the first is drawn.
    """
    own = [trial for trial in trials if trial.kind == "trial"]
    finished = sorted(ranked(own, objectives), key=lambda trial: trial.number)
    drawn: dict[str, Callable[[], Figure | None]] = {
        "history": lambda: history(own, objectives[0]),
        "learning_curves": lambda: learning_curves(own, objectives),
        "importance": lambda: importance(finished, keys, objectives[0]),
        "parallel_coordinates": lambda: parallel_coordinates(finished, keys, objectives[0]),
        "slices": lambda: slices(finished, keys, objectives[0]),
        "pareto": lambda: pareto_front(finished, objectives),
        "time": lambda: time_spent(own),
    }
    figures = {name: draw() for name, draw in drawn.items()}
    return {name: figure for name, figure in figures.items() if figure}


def history(trials: Sequence[Kept], objective: str) -> Figure | None:
    """The objective of each trial in the order of their numbers, and the best so far; pruned trials at their last."""
    known = [(trial, value) for trial in trials if (value := last_value(trial, objective)) is not None]
    if not known:
        return None
    with canvas(7, 3.6) as (figure, axes):
        for status in dict.fromkeys(trial.status for trial, _ in known):
            points = [(trial.number, value) for trial, value in known if trial.status == status]
            marker = "x" if status == "PRUNED" else "o"
            axes.scatter(*zip(*points, strict=True), s=22, marker=marker, color=COLOURS[status], label=status.lower())
        finished = [(trial.number, value) for trial, value in known if trial.status == "FINISHED"]
        if finished:
            numbers, values = zip(*finished, strict=True)
            best = (np.minimum if minimized(objective) else np.maximum).accumulate(values)
            axes.step(numbers, best, where="post", color=INK, linewidth=1.2, label="best so far")
        axes.set(title="Optimisation history", xlabel="trial", ylabel=objective)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()
    return figure


def last_value(trial: Kept, objective: str) -> float | None:
    """The objective of a trial at its end, or after its last epoch."""
    if objective in trial.metrics:
        return trial.metrics[objective]
    values = [entry[objective] for entry in trial.history if objective in entry]
    return values[-1] if values else None


def learning_curves(trials: Sequence[Kept], objectives: Sequence[str]) -> Figure | None:
    """Validation by epoch: the best trial in colour, the others in grey, pruned ones dashed."""
    shown = objectives[0] if objectives[0].startswith("valid.") else "valid.log_loss"
    curves = [trial for trial in trials if any(shown in entry for entry in trial.history)]
    if not curves:
        return None
    best = ranked(trials, objectives)[:1]
    with canvas(7, 3.8) as (figure, axes):
        for trial in [*(one for one in curves if one not in best), *(one for one in curves if one in best)]:
            entries = [entry for entry in trial.history if shown in entry]
            axes.plot(
                [entry["epoch"] for entry in entries],
                [entry[shown] for entry in entries],
                color=BLUE if trial in best else GREY,
                alpha=1 if trial in best else 0.55,
                linewidth=2 if trial in best else 1.1,
                linestyle="--" if trial.status == "PRUNED" else "-",
                marker="." if len(entries) == 1 else None,
                label=f"best: #{trial.number} {trial.name}" if trial in best else None,
            )
        for status, line in (("FINISHED", "-"), ("PRUNED", "--")):
            if any(trial.status == status for trial in curves if trial not in best):
                axes.plot([], [], color=GREY, linestyle=line, label=status.lower())
        axes.set(title="Learning curves of all trials", xlabel="epoch", ylabel=shown)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if axes.get_legend_handles_labels()[0]:
            axes.legend()
    return figure


def settings_of(trials: Sequence[Kept], keys: Sequence[str]) -> list[Setting]:
    """The settings that differ among the trials, as places on axes."""
    given = [dict(map(split_override, trial.overrides)) for trial in trials]
    found = []
    for key in keys:
        values = [one.get(key, "default") for one in given]
        if len(set(values)) > 1:
            found.append(setting(short_name({key: ""}).rstrip("="), values))
    return found


def setting(name: str, values: Sequence[str]) -> Setting:
    """Numbers stay numbers; anything else gets a place by its order."""
    with suppress(ValueError):
        numbers = np.array([float(value) for value in values])
        return Setting(name, numbers, None, bool(numbers.min() > 0 and numbers.max() / numbers.min() > LOG_RATIO))
    labels = sorted(set(values))
    return Setting(name, np.array([labels.index(value) for value in values], float), labels)


def importance(trials: Sequence[Kept], keys: Sequence[str], objective: str) -> Figure | None:
    """By how much worse a random forest tells the objective once a setting is shuffled (Breiman 2001, section 10)."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    settings = settings_of(trials, keys)
    if len(trials) < 4 or not settings:
        return None
    places = np.stack([one.places for one in settings], axis=1)
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


def parallel_coordinates(trials: Sequence[Kept], keys: Sequence[str], objective: str) -> Figure | None:
    """A line a trial through its settings to the objective, the better the bluer."""
    settings = settings_of(trials, keys)
    if len(trials) < 2 or not settings:
        return None
    values = np.array([trial.metrics[objective] for trial in trials])
    columns = [*settings, Setting(objective, values, None)]
    heights = np.stack([scaled(column) for column in columns], axis=1)
    ranks = np.argsort(np.argsort(values if minimized(objective) else -values))
    with canvas(max(5, 1.7 * len(columns)), 3.8) as (figure, axes):
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
        axes.set_xticks(range(len(columns)), [column.name for column in columns])
        axes.set(title="Parallel coordinates", yticks=[], xlim=(-0.1, len(columns) - 0.6), ylim=(-0.06, 1.06))
        axes.spines["left"].set_visible(False)
        axes.grid(visible=False)
    return figure


def scaled(column: Setting) -> np.ndarray:
    """Its places between 0 and 1."""
    places = np.log(column.places) if column.log else column.places
    return (places - places.min()) / (np.ptp(places) or 1)


def tick_labels(column: Setting) -> list[tuple[float, str]]:
    """Heights and what stands there: every value of a few, else the ends."""
    heights = scaled(column)
    pairs: dict[float, str] = {}
    for height, place in zip(heights.tolist(), column.places.tolist(), strict=True):
        pairs[height] = column.labels[round(place)] if column.labels else f"{place:.3g}"
    return sorted(pairs.items()) if len(pairs) <= 6 else [min(pairs.items()), max(pairs.items())]


def slices(trials: Sequence[Kept], keys: Sequence[str], objective: str) -> Figure | None:
    """The objective against each setting."""
    settings = settings_of(trials, keys)
    if len(trials) < 2 or not settings:
        return None
    values = [trial.metrics[objective] for trial in trials]
    columns = min(3, len(settings))
    rows = -(-len(settings) // columns)
    with canvas(2.9 * columns, 2.5 * rows + 0.3, rows, columns, squeeze=False, sharey=True) as (figure, grid):
        for axes, one in zip(grid.flat, settings, strict=False):
            axes.scatter(one.places, values, s=18, color=BLUE, alpha=0.7)
            axes.set_xlabel(one.name)
            name_places(axes, one)
        for axes in grid.flat[len(settings) :]:
            axes.set_visible(False)
        for row in grid:
            row[0].set_ylabel(objective)
        grid[0][0].set_title("Slices")
    return figure


def name_places(axes: Axes, one: Setting) -> None:
    if one.labels:
        axes.set_xticks(range(len(one.labels)), one.labels, rotation=30 if len(one.labels) > 3 else 0)
        axes.set_xlim(-0.5, len(one.labels) - 0.5)
    elif one.log:
        axes.set_xscale("log")
    elif len(set(one.places)) <= 6:
        axes.set_xticks(sorted(set(one.places)))


def pareto_front(trials: Sequence[Kept], objectives: Sequence[str]) -> Figure | None:
    """The first two objectives; those trials in colour that none surpasses."""
    if len(objectives) < 2 or not trials:
        return None
    front = {trial.run_id for trial in pareto(trials, objectives)}
    first, second = objectives[:2]
    with canvas(6, 3.8) as (figure, axes):
        for trial in trials:
            inside = trial.run_id in front
            x, y = trial.metrics[second], trial.metrics[first]
            axes.scatter(
                x, y, s=30 if inside else 18, color=BLUE if inside else PALE, edgecolor=BLUE if inside else GREY
            )
            if inside:
                axes.annotate(f"#{trial.number}", (x, y), xytext=(4, 4), textcoords="offset points", fontsize=8)
        axes.set(title="Trials that no other surpasses, in blue", xlabel=second, ylabel=first)
    return figure


def time_spent(trials: Sequence[Kept]) -> Figure | None:
    """Seconds of each trial, coloured by how it ended."""
    timed = [trial for trial in trials if trial.metrics.get("seconds")][:MOST_BARS]
    if not timed:
        return None
    with canvas(7, 1.1 + 0.22 * len(timed)) as (figure, axes):
        names = [f"#{trial.number} {trial.name}"[:45] for trial in timed]
        axes.barh(
            range(len(timed)), [trial.metrics["seconds"] for trial in timed],
            color=[COLOURS[trial.status] for trial in timed], height=0.7,
        )  # fmt: skip
        axes.set_yticks(range(len(timed)), names)
        axes.invert_yaxis()
        for status in dict.fromkeys(trial.status for trial in timed):
            axes.barh([0], [0], color=COLOURS[status], label=status.lower())
        axes.set(title="Time spent", xlabel="seconds, from the start to the end of the process")
        axes.grid(axis="y", visible=False)
        if len({trial.status for trial in timed}) > 1:
            figure.legend(loc="outside lower right", ncols=4)
    return figure
