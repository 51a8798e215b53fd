"""Precision-recall and ROC curves of each class against the rest."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from classifier.drawing.style import COLOURS, GREY, INK, canvas, display_names, unit_axis
from classifier.evaluation.scored import Scored

MOST_CLASSES_IN_FULL = 10
WORST = 5
GRID = np.linspace(0, 1, 501)
LINES = [(colour, line) for line in ("-", "--") for colour in COLOURS]  # twelve different lines

Points = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Plane:
    """The axes of a kind of curve, and the name of its area in scikit-learn."""

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
    """A curve: x and y, both of shape (points,), its area, and its colour if it is an average."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    score: float
    colour: str | None = None


def precision_recall(scored: Scored) -> Figure:
    """Draws each class against the rest for up to ten classes, otherwise micro and macro average and the worst five.

    Raises ValueError unless two classes have examples.
    """
    return draw(curves(scored, PRECISION_RECALL), PRECISION_RECALL)


def roc(scored: Scored) -> Figure:
    """Draws ROC curves of the same classes as `precision_recall`, and raises the same error."""
    figure = draw(curves(scored, ROC), ROC)
    figure.axes[0].plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=":")
    return figure


def curves(scored: Scored, plane: Plane) -> list[Curve]:
    """Returns the curves of a figure; the worst classes have the smallest area, and are sorted by area."""
    columns = scored.contrasted
    if not len(columns):
        raise ValueError(f"the picture '{plane.title}' needs examples of at least two classes")
    names = display_names(scored.label_names)
    truth, scores = scored.truth[:, columns], scored.probabilities[:, columns]
    of_class = [
        curve(names[column], truth[:, place], scores[:, place], plane) for place, column in enumerate(columns.tolist())
    ]
    if scored.classes <= MOST_CLASSES_IN_FULL:
        return of_class
    micro = replace(curve("micro average", truth.ravel(), scores.ravel(), plane), colour=GREY)
    return [micro, macro(of_class, plane), *sorted(of_class, key=lambda line: line.score)[:WORST]]


def curve(name: str, truth: NDArray[np.bool_], scores: NDArray[np.float64], plane: Plane) -> Curve:
    """Returns the curve of a class from truth and probabilities, both of shape (examples,)."""
    return Curve(name, *plane.points(truth, scores), float(plane.area(truth, scores)))


def macro(of_class: list[Curve], plane: Plane) -> Curve:
    """Returns the mean of the curves of the classes, with the mean of their areas."""
    height = np.mean([plane.on_grid(line.x, line.y) for line in of_class], axis=0)
    return Curve("macro average", GRID, height, float(np.mean([line.score for line in of_class])), colour=INK)


def draw(lines: list[Curve], plane: Plane) -> Figure:
    """Draws the curves, with their areas and names in the legend."""
    with canvas(7.5, 4.6) as (figure, axes):
        colours = iter(LINES)
        for line in lines:
            colour, pattern = (line.colour, "-") if line.colour else next(colours)
            label = f"{line.score:.3f}  {line.name}"  # a label that begins with _ would be omitted
            axes.plot(line.x, line.y, color=colour, linestyle=pattern, label=label, drawstyle=plane.drawstyle)
        unit_axis(axes, "x")
        unit_axis(axes, "y")
        axes.set(title=plane.title, xlabel=plane.x, ylabel=plane.y)
        chosen = f"\n(averages, {WORST} worst classes)" if lines[0].colour else ""
        legend = axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1), borderaxespad=0, alignment="left")
        legend.set_title(plane.score + chosen)
    return figure


def recall_precision(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> Points:
    """Returns recall in ascending order and precision, both of shape (thresholds,), from arrays (examples,)."""
    precision, recall, _ = precision_recall_curve(truth, scores, drop_intermediate=True)
    return recall[::-1], precision[::-1]


def positive_rates(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> Points:
    """Returns false and true positive rates, both of shape (thresholds,), from arrays (examples,)."""
    false_positives, true_positives, _ = roc_curve(truth, scores)
    return false_positives, true_positives


PRECISION_RECALL = Plane(
    title="Precision and recall",
    x="recall",
    y="precision",
    score="average precision",
    points=recall_precision,
    area=average_precision_score,
    # A step function, as in average precision: linear interpolation between two points is too optimistic
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
