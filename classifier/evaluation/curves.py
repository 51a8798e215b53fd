"""Precision against recall, and true against false positives, as the threshold on one class's probability moves."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from classifier.drawing.style import COLOURS, GREY, INK, canvas, display_names, unit_axis
from classifier.evaluation.arrays import one_hot
from classifier.evaluation.scored import Scored

MOST_CLASSES_IN_FULL = 10
WORST = 5
GRID = np.linspace(0, 1, 501)
LINES = [(colour, line) for line in ("-", "--") for colour in COLOURS]  # twelve that differ

Points = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Plane:
    """The two axes a threshold moves in, and what scikit-learn calls the area below its path."""

    title: str
    x: str
    y: str
    score: str
    points: Callable[[NDArray, NDArray], Points]  # truth, probabilities -> x, y, both (points,), x ascending
    area: Callable[[NDArray, NDArray], float]  # truth, probabilities -> score
    on_grid: Callable[..., NDArray[np.float64]]  # x, y -> y at GRID
    drawstyle: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a picture: x and y, both (points,), the area below it, and its colour if it is an average."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    score: float
    colour: str | None = None


def precision_recall(scored: Scored) -> Figure:
    """Each class against the rest for up to ten classes, otherwise the micro and macro average and the worst five.

    Raises ValueError unless two classes have examples.
    """
    return draw(curves(scored, PRECISION_RECALL), PRECISION_RECALL)


def roc(scored: Scored) -> Figure:
    """The receiver operating characteristic, of the same classes as `precision_recall`; raises as it does."""
    figure = draw(curves(scored, ROC), ROC)
    figure.axes[0].plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
    return figure


def curves(scored: Scored, plane: Plane) -> list[Curve]:
    """The lines of a picture; the worst classes are those of the smallest area, the smallest first."""
    shown = scored.contrasted
    if not len(shown):
        raise ValueError(f"the picture '{plane.title}' needs examples of at least two classes")
    names = display_names(scored.label_names)
    truth, scores = one_hot(scored.labels, scored.classes)[:, shown], scored.probabilities[:, shown]
    of_class = [
        curve(names[column], truth[:, place], scores[:, place], plane) for place, column in enumerate(shown.tolist())
    ]
    if scored.classes <= MOST_CLASSES_IN_FULL:
        return of_class
    micro = replace(curve("micro average", truth.ravel(), scores.ravel(), plane), colour=GREY)
    return [micro, macro(of_class, plane), *sorted(of_class, key=lambda one: one.score)[:WORST]]


def curve(name: str, truth: NDArray[np.int8], scores: NDArray[np.float64], plane: Plane) -> Curve:
    """The path of one class, from (examples,) truth and probabilities."""
    return Curve(name, *plane.points(truth, scores), float(plane.area(truth, scores)))


def macro(of_class: list[Curve], plane: Plane) -> Curve:
    """The mean height and the mean area of the classes' curves."""
    height = np.mean([plane.on_grid(one.x, one.y) for one in of_class], axis=0)
    return Curve("macro average", GRID, height, float(np.mean([one.score for one in of_class])), colour=INK)


def draw(lines: list[Curve], plane: Plane) -> Figure:
    """The curves, and beside them their areas and names."""
    with canvas(7.5, 4.6) as (figure, axes):
        colours = iter(LINES)
        for line in lines:
            colour, pattern = (line.colour, "-") if line.colour else next(colours)
            label = f"{line.score:.3f}  {line.name}"  # the number first: a label that begins with _ would be left out
            axes.plot(line.x, line.y, color=colour, linestyle=pattern, label=label, drawstyle=plane.drawstyle)
        unit_axis(axes, "x")
        unit_axis(axes, "y")
        axes.set(title=plane.title, xlabel=plane.x, ylabel=plane.y)
        chosen = f"\n(averages, {WORST} worst classes)" if lines[0].colour else ""
        legend = axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0, alignment="left")
        legend.set_title(plane.score + chosen)
    return figure


def recall_precision(truth: NDArray[np.int8], scores: NDArray[np.float64]) -> Points:
    """Recall, ascending, and precision; (examples,) -> (thresholds,)."""
    precision, recall, _ = precision_recall_curve(truth, scores, drop_intermediate=True)
    return recall[::-1], precision[::-1]


def positive_rates(truth: NDArray[np.int8], scores: NDArray[np.float64]) -> Points:
    """False and true positive rate; (examples,) -> (thresholds,)."""
    false_positives, true_positives, _ = roc_curve(truth, scores)
    return false_positives, true_positives


PRECISION_RECALL = Plane(
    title="Precision and recall",
    x="recall",
    y="precision",
    score="average precision",
    points=recall_precision,
    area=average_precision_score,
    # A staircase, as average precision counts it: a straight line between two points promises too much
    # (Davis and Goadrich, The Relationship Between Precision-Recall and ROC Curves, 2006).
    on_grid=lambda x, y: y[np.searchsorted(x, GRID)],
    drawstyle="steps-pre",
)
ROC = Plane(
    title="Receiver operating characteristic",
    x="false positive rate",
    y="true positive rate",
    score="area under the curve",
    points=positive_rates,
    area=roc_auc_score,
    on_grid=lambda x, y: np.interp(GRID, x, y),
    drawstyle="default",
)
