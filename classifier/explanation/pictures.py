"""The PNG pictures: faithfulness curves, words of the classes, and words and attention of a text."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from classifier.drawing.fonts import undrawable
from classifier.drawing.style import BLUE, COLOURS, GREY, VERMILION, canvas, literal, shortened
from classifier.explanation.classes import ClassWord
from classifier.explanation.explanation import Explanation
from classifier.explanation.faithfulness import FRACTIONS, RANDOM, Curves, Estimate
from classifier.explanation.marks import drawn_methods, shown_tokens
from classifier.explanation.tables import TITLES, strongest

NAMED_TOKENS = 45  # if there are more tokens, every tenth is numbered
MOST_CLASSES = 12  # in the picture of the words of classes
COLUMN, MOST_WORDS = 50, 300  # words per column and in a picture; the page has all words
WEIGHTS = LinearSegmentedColormap.from_list("weights", ["white", BLUE])
VALUES = LinearSegmentedColormap.from_list("values", [VERMILION, "white", BLUE])


def name(text: str, number: int) -> str:
    """Returns the text, or its number if there is no font for it on this machine."""
    return f"no. {number}" if undrawable(text) else literal(shortened(text, 16))


def faithfulness_figure(curves: Mapping[str, Curves], table: Mapping[str, Mapping[str, Estimate]]) -> Figure:
    """Draws deletion and insertion curves, and comprehensiveness and sufficiency in comparison with random words."""
    colours = {**dict(zip(curves, COLOURS, strict=False)), RANDOM: GREY}
    with canvas(11, 4.2, columns=3) as (figure, (deletion, insertion, bars)):
        for axes, part in ((deletion, "deletion"), (insertion, "insertion")):
            for method, found in curves.items():
                values = getattr(found, part).mean(axis=0)
                line = "--" if method == RANDOM else "-"
                axes.plot(FRACTIONS, values, line, color=colours[method], label=TITLES[method])
            axes.set(ylim=(0, 1.02), ylabel="probability of the explained class", title=part.capitalize())
            axes.xaxis.set_major_formatter("{x:.0%}")
        deletion.set_xlabel("words removed, most important first")
        insertion.set_xlabel("words kept, most important first")
        figure.legend(*insertion.get_legend_handles_labels(), loc="outside lower left", ncols=len(curves))
        methods = [method for method in curves if method != RANDOM]
        for offset, (measure, colour) in enumerate((("comprehensiveness", BLUE), ("sufficiency", VERMILION))):
            rows = [table[method][measure] for method in methods]
            means = np.array([row.above_random for row in rows])
            reach = np.array([(row.above_interval.low, row.above_interval.high) for row in rows]).T
            errors = np.abs(reach - means)
            places = np.arange(len(methods)) + 0.36 * offset - 0.18
            bars.errorbar(means, places, xerr=errors, fmt="o", color=colour, markersize=4, label=measure)
        bars.set_yticks(np.arange(len(methods)), [TITLES[method] for method in methods])
        bars.invert_yaxis()
        bars.axvline(0, color=GREY, linewidth=1)
        bars.legend(loc="upper center", bbox_to_anchor=(0.4, -0.16), ncols=2)
        bars.set(title="Above random words", xlabel="difference of the probability, 95 % intervals")
    return figure


def class_words_figure(words: Sequence[ClassWord]) -> Figure:
    """Draws the strongest words for and against each class; only the first classes if there are many."""
    classes = [(label, strongest(list(some))) for label, some in groupby(words, key=lambda row: row.label)]
    classes = [(label, rows) for label, rows in classes if rows][:MOST_CLASSES]
    columns = min(4, len(classes))
    lines = -(-len(classes) // columns)
    with canvas(2.8 * columns, 3.4 * lines, rows=lines, columns=columns, squeeze=False) as (figure, grid):
        for axes in grid.flat[len(classes) :]:
            axes.axis("off")
        for number, (axes, (label, rows)) in enumerate(zip(grid.flat, classes, strict=False)):
            totals = [row.total for row in rows]
            axes.barh(np.arange(len(rows)), totals, color=[BLUE if total > 0 else VERMILION for total in totals])
            axes.set_yticks(np.arange(len(rows)), [name(row.word, place + 1) for place, row in enumerate(rows)])
            axes.invert_yaxis()
            axes.grid(axis="y", visible=False)
            axes.set_title(name(label, number + 1))
        figure.supxlabel("contribution of the word to the logit of the class, per text", fontsize=8)
    return figure


def words_figure(explanation: Explanation) -> Figure:
    """Draws the values of each method for each word on the scales of the page; a row is a word."""
    titles, values, limits = zip(*drawn_methods(explanation), strict=True)
    shares = (np.array(values) / np.maximum(limits, 1e-12)[:, None]).T[:MOST_WORDS]
    names = [name(word, place + 1) for place, word in enumerate(explanation.written[:MOST_WORDS])]
    columns, rows = -(-len(names) // COLUMN), min(len(names), COLUMN)
    width, height = 0.22 * len(titles) + 1.2, 0.15 * rows + 1.4
    with canvas(width * columns, height, columns=columns, squeeze=False) as (figure, grid):
        for axes, start in zip(grid[0], range(0, len(names), COLUMN), strict=True):
            in_column = names[start : start + COLUMN]
            axes.imshow(shares[start : start + COLUMN], cmap=VALUES, vmin=-1, vmax=1, aspect="auto")
            axes.set_ylim(rows - 0.5, -0.5)  # the last column may be shorter
            axes.set_yticks(range(len(in_column)), in_column, fontsize=7)
            axes.set_xticks(range(len(titles)), titles, fontsize=7, rotation=60, ha="left", rotation_mode="anchor")
            axes.xaxis.tick_top()
            axes.grid(False)
            axes.spines[:].set_visible(False)
            axes.tick_params(length=0)
    return figure


def attention_figure(explanation: Explanation) -> Figure:
    """Draws the attention of each layer (rows of the figure) and head (columns); a query is a row of a picture."""
    layers, tokens = explanation.attention, len(explanation.tokens)
    heads = max(len(layer) for layer in layers)
    names = [name(token, place + 1) for place, token in enumerate(shown_tokens(explanation))]
    step = 1 if tokens <= NAMED_TOKENS else 10
    side = float(np.clip(0.14 * tokens, 2.0, 5.5))
    shape = {"rows": len(layers), "columns": heads, "squeeze": False, "sharex": True, "sharey": True}
    with canvas(side * heads + 0.8, (side + 0.2) * len(layers) + 0.8, **shape) as (figure, grid):
        for (layer, head), axes in np.ndenumerate(grid):
            axes.grid(False)
            if head >= len(layers[layer]):
                axes.axis("off")
                continue
            weights = layers[layer][head]
            axes.imshow(weights, cmap=WEIGHTS, vmin=0, vmax=max(float(weights.max()), 1e-12))
            axes.set_title(f"layer {layer}, head {head}", fontsize=8)
        ticks = np.arange(0, tokens, step)
        labels = names if step == 1 else [str(place + 1) for place in ticks]
        grid[0, 0].set_xticks(ticks, labels)
        grid[0, 0].set_yticks(ticks, labels)
        for axes in grid.flat:
            axes.tick_params("x", rotation=90, labelsize=6)
            axes.tick_params("y", labelsize=6)
    return figure
