"""All figures can be drawn without warnings for all kinds of splits, and show the correct values."""

import io

import matplotlib
import numpy as np
import pytest

from classifier.drawing import fonts
from classifier.drawing.style import NAME_LENGTH, display_names
from classifier.evaluation import confusion, plots
from classifier.evaluation.confusion import confusion_counts, largest_mistakes
from classifier.evaluation.curves import PRECISION_RECALL, ROC, curves
from classifier.evaluation.metrics import evaluate
from classifier.evaluation.scored import Scored

pytestmark = pytest.mark.filterwarnings("error")
ALWAYS = {"confusion_matrix", "reliability", "risk_coverage", "class_support"}
CURVES = {"precision_recall", "roc"}
HARD_NAMES = ["天气", "_private", "cost in $ and $", r"$\foo{$", "العربية", "line\nbreak\0", "", "😀" * 40]


def drawn(labels, probabilities, names=None):
    names = names or [f"a rather long name of class number {number}" for number in range(np.shape(probabilities)[1])]
    scored = Scored(labels, probabilities, names)
    return plots.figures(scored, evaluate(scored, resamples=0))


@pytest.mark.parametrize(("examples", "classes"), [(211, 2), (97, 3), (211, 13)])
def test_figures_of_any_number_of_classes(simulate, examples, classes):
    figures = drawn(*simulate(examples, classes))
    assert set(figures) == ALWAYS | CURVES | ({"confused_pairs"} if classes > 2 else set())


def test_figures_of_150_classes(simulate):
    split = Scored(*simulate(401, 150), [f"a rather long name of class number {number}" for number in range(150)])
    matrix = plots.confusion_matrix(split)
    assert len(matrix.axes[0].get_xticklabels()) == 150
    assert max(matrix.get_size_inches()) <= 26
    assert len(plots.precision_recall(split).axes[0].lines) == 2 + 5  # two averages, five worst classes
    assert len(plots.confused_pairs(split).axes[0].patches) == 20


def test_very_many_classes_stay_within_bounds(simulate, monkeypatch):
    monkeypatch.setattr(plots, "MOST_BARS", 5)
    monkeypatch.setattr(confusion, "MOST_CLASSES_WITH_NAMES", 5)
    names = [str(number) for number in range(31)]
    evaluation = evaluate(Scored(*simulate(101, 31), names), resamples=0)
    bars = plots.class_support(evaluation.per_class).axes[0]
    assert bars.get_title(loc="left") == "F1 of each class (the 5 worst of 31)"
    assert len(bars.patches) == 5
    assert not plots.confusion_matrix(Scored(*simulate(101, 31), names)).axes[0].get_xticklabels()


def test_names_that_matplotlib_stumbles_over(simulate):
    for figure in drawn(*simulate(211, 8, absent=(3,)), HARD_NAMES).values():
        picture = io.BytesIO()
        figure.savefig(picture)
        assert picture.getvalue().startswith(b"\x89PNG")


def test_the_widest_names_leave_room_for_the_picture(simulate):
    for figure in drawn(*simulate(53, 3), ["W" * 99 + str(number) for number in range(3)]).values():
        assert all(axes.get_position().width > 0 for axes in figure.axes)


def test_a_single_example_has_no_curves():
    assert set(drawn([1], [[0.2, 0.8]])) == ALWAYS


def test_curves_need_two_classes_with_examples():
    for picture in (plots.precision_recall, plots.roc):
        with pytest.raises(ValueError, match="at least two classes"):
            picture(Scored([1, 1], [[0.2, 0.8]] * 2, ["a", "b"]))


def test_no_mistakes_no_confused_pairs():
    labels = np.array([0, 1, 2, 2])
    assert set(drawn(labels, np.eye(3)[labels])) == ALWAYS | CURVES
    with pytest.raises(ValueError, match="at least one mistake"):
        plots.confused_pairs(Scored(labels, np.eye(3)[labels], ["a", "b", "c"]))


def test_all_predictions_in_one_class():
    assert set(drawn([0, 1, 2, 0], [[0.8, 0.1, 0.1]] * 4)) == ALWAYS | CURVES | {"confused_pairs"}


def test_counts_are_written_up_to_25_classes(simulate):
    assert (
        len(plots.confusion_matrix(Scored([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], ["a", "b"])).axes[0].texts)
        == 3
    )
    assert not plots.confusion_matrix(Scored(*simulate(101, 26), [str(number) for number in range(26)])).axes[0].texts


def test_confused_pairs_are_sorted():
    labels = [0, 0, 0, 1, 1, 2]
    counts = confusion_counts(Scored(labels, np.eye(3)[[1, 1, 2, 1, 0, 0]], ["a", "b", "c"]))
    assert largest_mistakes(counts) == [(0, 1), (0, 2), (1, 0), (2, 0)]


@pytest.mark.parametrize(("plane", "metric"), [(PRECISION_RECALL, "average_precision"), (ROC, "roc_auc")])
def test_the_scores_of_the_curves_are_those_of_the_evaluation(simulate, plane, metric):
    labels, probabilities = simulate(503, 11)
    names = [f"class {number}" for number in range(11)]
    evaluation = evaluate(Scored(labels, probabilities, names), resamples=0)
    micro, macro, *worst = curves(Scored(labels, probabilities, names), plane)
    assert macro.score == pytest.approx(evaluation.metrics[metric])
    assert [curve.score for curve in worst] == pytest.approx(
        sorted(getattr(row, metric) for row in evaluation.per_class)[:5]
    )
    assert np.trapezoid(macro.y, macro.x) == pytest.approx(macro.score, abs=0.01)
    assert (micro.name, macro.name) == ("micro average", "macro average")


def legend(axes):
    return [text.get_text() for text in axes.get_legend().texts]


def test_learning_curves_draw_what_there_is():
    history = [
        {"epoch": 1, "loss": 0.9, "seconds": 3, "learning_rate": 1e-3},
        {"epoch": 2, "loss": 0.5, "valid.log_loss": 0.6, "valid.accuracy": 0.8, "valid.macro_f1": 0.7},
    ]
    losses, scores = plots.learning_curves(history, best_epoch=2).axes
    assert legend(losses) == ["training", "validation, log loss", "best epoch: 2"]
    assert legend(scores) == ["accuracy", "macro F1", "best epoch: 2"]
    assert len(plots.learning_curves(history[:1]).axes) == 1


@pytest.mark.parametrize("history", [[], [{"epoch": 1, "seconds": 3}]])
def test_learning_curves_of_nothing(history):
    with pytest.raises(ValueError, match="at least one epoch"):
        plots.learning_curves(history)


def test_names_stay_short_and_different():
    names = display_names(["x" * 99 + "1", "x" * 50 + "1", "plain", "plain", "ham"])
    assert len(set(names)) == 5
    assert all(len(name) <= NAME_LENGTH + len("#0 ") for name in names)
    assert names[2:] == ["#2 plain", "#3 plain", "ham"]


def test_names_no_font_can_draw_keep_their_number(monkeypatch):
    monkeypatch.setattr(fonts, "drawable_characters", lambda: frozenset(map(ord, "spam□ ")))
    monkeypatch.setattr(fonts, "add_new_fonts", lambda: None)
    assert display_names(["spam", "天气", "spam 气"]) == ["spam", "#1 □□", "#2 spam □"]


def test_right_to_left_names_keep_their_side_of_an_arrow():
    assert display_names(["العربية"]) == ["\u200eالعربية\u200e"]


def test_the_style_of_others_is_left_alone(simulate):
    with matplotlib.rc_context({"font.size": 31, "text.usetex": False}):
        plots.roc(Scored(*simulate(53, 2), ["a", "b"]))
        assert matplotlib.rcParams["font.size"] == 31


def test_nothing_is_left_in_pyplot(simulate):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    plots.roc(Scored(*simulate(53, 2), ["a", "b"]))
    assert plt.get_fignums() == before
