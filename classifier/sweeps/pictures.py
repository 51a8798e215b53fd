"""Draws a sweep: matplotlib figures by name, without empty figures."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from classifier.drawing.style import BLUE, GREY, INK, ORANGE, PALE, VERMILION, canvas, display_text
from classifier.sweeps.objective import finished, minimized, pareto, ranked
from classifier.sweeps.setting_pictures import importance, parallel_coordinates, slices
from classifier.tracking.trial_records import TrialRecord

MOST_BARS = 40
COLOURS = {"FINISHED": BLUE, "PRUNED": ORANGE, "FAILED": VERMILION, "KILLED": VERMILION, "RUNNING": GREY}
CURVES = {"FINISHED": GREY, "PRUNED": ORANGE}


def pictures(trials: Sequence[TrialRecord], keys: Sequence[str], objectives: Sequence[str]) -> dict[str, Figure]:
    """Returns all pictures by name.

    Args:
        trials: trials with their histories.
        keys: keys of the settings that vary.
        objectives: objectives, of which the first is drawn.
    """
    own = [trial for trial in trials if trial.kind == "trial"]
    done = finished(own, objectives)
    comparable = sorted(ranked(own, objectives), key=lambda trial: trial.number)
    drawn: dict[str, Callable[[], Figure | None]] = {
        "history": lambda: history(own, objectives),
        "learning_curves": lambda: learning_curves(own, objectives),
        "importance": lambda: importance(comparable, keys, objectives[0]),
        "parallel_coordinates": lambda: parallel_coordinates(comparable, keys, objectives[0]),
        "slices": lambda: slices(done, keys, objectives[0]),
        "pareto": lambda: pareto_front(comparable, objectives),
        "time": lambda: time_spent(own),
    }
    figures = {name: draw() for name, draw in drawn.items()}
    return {name: figure for name, figure in figures.items() if figure}


def history(trials: Sequence[TrialRecord], objectives: Sequence[str]) -> Figure | None:
    """Draws the objective of each trial by number (of pruned trials the last value), and the best value so far."""
    objective = objectives[0]
    known = [(trial, value) for trial in trials if (value := last_value(trial, objective)) is not None]
    if not known:
        return None
    with canvas(7, 3.6) as (figure, axes):
        for status in dict.fromkeys(trial.status for trial, _ in known):
            points = [(trial.number, value) for trial, value in known if trial.status == status]
            marker = "x" if status == "PRUNED" else "o"
            axes.scatter(*zip(*points, strict=True), s=22, marker=marker, color=COLOURS[status], label=status.lower())
        comparable = sorted(ranked(trials, objectives), key=lambda trial: trial.number)
        if comparable:
            numbers = [trial.number for trial in comparable]
            values = [trial.metrics[objective] for trial in comparable]
            best = (np.minimum if minimized(objective) else np.maximum).accumulate(values)
            axes.step(numbers, best, where="post", color=INK, linewidth=1.2, label="best so far")
        axes.set(title="Optimization history", xlabel="trial", ylabel=objective)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.legend(loc="outside lower right", ncols=4)
    return figure


def last_value(trial: TrialRecord, objective: str) -> float | None:
    """Returns the final objective of a trial, or its value after the last epoch."""
    if objective in trial.metrics:
        return trial.metrics[objective]
    values = [entry[objective] for entry in trial.history if objective in entry]
    return values[-1] if values else None


def learning_curves(trials: Sequence[TrialRecord], objectives: Sequence[str]) -> Figure | None:
    """Draws validation metrics by epoch: best trial blue, others grey, pruned dashed; a cross is a single epoch."""
    metric = objectives[0] if objectives[0].startswith("valid.") else "valid.log_loss"
    curves = [trial for trial in trials if any(metric in entry for entry in trial.history)]
    if not curves:
        return None
    best = ranked(trials, objectives)[:1]
    with canvas(7, 3.8) as (figure, axes):
        for trial in sorted(curves, key=lambda trial: trial in best):
            entries = [entry for entry in trial.history if metric in entry]
            axes.plot(
                [entry["epoch"] for entry in entries],
                [entry[metric] for entry in entries],
                color=BLUE if trial in best else CURVES.get(trial.status, GREY),
                alpha=1 if trial in best else 0.6,
                linewidth=2 if trial in best else 1.1,
                linestyle="--" if trial.status == "PRUNED" else "-",
                marker="x" if len(entries) == 1 else None,
                markersize=4,
                label=f"best, #{trial.number}" if trial in best else None,
            )
        for status, line in (("FINISHED", "-"), ("PRUNED", "--")):
            if any(trial.status == status for trial in curves if trial not in best):
                axes.plot([], [], color=CURVES[status], linestyle=line, label=status.lower())
        axes.set(title="Learning curves of all trials", xlabel="epoch", ylabel=metric)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if axes.get_legend_handles_labels()[0]:
            figure.legend(loc="outside lower right", ncols=3)
    return figure


def pareto_front(trials: Sequence[TrialRecord], objectives: Sequence[str]) -> Figure | None:
    """Draws the first two objectives, with the trials of the Pareto front in blue."""
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
        axes.set(title="Pareto front (blue)", xlabel=second, ylabel=first)
    return figure


def time_spent(trials: Sequence[TrialRecord]) -> Figure | None:
    """Draws the duration of each trial, coloured by its status."""
    timed = [trial for trial in trials if trial.metrics.get("seconds")][:MOST_BARS]
    if not timed:
        return None
    with canvas(7, 1.1 + 0.22 * len(timed)) as (figure, axes):
        names = [display_text(f"#{trial.number} {trial.name}", length=45) for trial in timed]
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
