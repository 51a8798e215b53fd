"""One look for every picture: colours that the colour-blind can tell apart, quiet axes, names that fit."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from classifier.drawing.fonts import font_families, undrawable

# Okabe and Ito, Color Universal Design, 2008, without yellow, which vanishes on white.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
INK, GREY, PALE = "#222222", "#777777", "#E6E6E6"

NAME_LENGTH = 28  # characters of a label in a picture


@contextmanager
def canvas(
    width: float, height: float, rows: int = 1, columns: int = 1, **subplots: Any
) -> Iterator[tuple[Figure, Any]]:
    """A figure of the size in inches and its axes, in the common style.

    The style holds inside the block only; ticks are made before it ends, since matplotlib would otherwise make them
    while saving, in its own style. No pyplot: nothing is shown, nothing stays in memory.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the user's matplotlibrc says
        matplotlib.rcParams.update(style())
        figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
        yield figure, figure.subplots(rows, columns, **subplots)
        use_new_fonts(figure)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # what stands where is settled; saving need not find it out again


def use_new_fonts(figure: Figure) -> None:
    """Gives a figure the fonts that were found while it was drawn."""
    families = list(font_families())
    if families != matplotlib.rcParams["font.family"]:
        matplotlib.rcParams["font.family"] = families
        for text in figure.findobj(Text):
            text.set(fontfamily=families)


def style() -> dict[Any, Any]:
    """The rcParams of every picture."""
    return {
        "font.family": list(font_families()),
        "font.size": 9,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 10,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": PALE,
        "grid.linewidth": 0.8,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "figure.constrained_layout.w_pad": 0.1,  # inches
        "figure.constrained_layout.h_pad": 0.1,
        "legend.frameon": False,
        "legend.fontsize": 8,
        "lines.linewidth": 1.8,
    }


def display_names(label_names: list[str]) -> list[str]:
    """The names as a picture writes them: short, in glyphs that exist, and still different from each other.

    A name that is not drawable, or that has become the same as another, begins with its class number. Names written
    from right to left are kept apart from what stands beside them, or the two sides of an arrow would change places.

    >>> display_names(["ham", "天气"])  # on a machine without a Chinese font
    ['ham', '#1 □□']
    """
    names = [shortened(drawable(name)) for name in label_names]
    uses = Counter(names)
    numbered = (
        f"#{number} {name}".rstrip() if not name or uses[name] > 1 or "□" in name else name
        for number, name in enumerate(names)
    )
    return [literal(name) for name in numbered]


def literal(text: str) -> str:
    """The text as matplotlib must be given it: a bare $ would begin a formula."""
    return enclosed(text).replace("$", r"\$")


def display_text(text: str, length: int = NAME_LENGTH) -> str:
    """Any text as a picture writes it: at most `length` characters, in glyphs that exist, without formulas."""
    return literal(shortened(drawable(text), length))


def enclosed(name: str) -> str:
    """A right-to-left name between two left-to-right marks, which are invisible; any other name as it is."""
    leftwards = any(unicodedata.bidirectional(character) in ("R", "AL") for character in name)
    return f"\u200e{name}\u200e" if leftwards else name


def drawable(text: str) -> str:
    """The text in composed characters and on one line, with □ for what no font here can draw."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    missing = undrawable(line)
    return "".join("□" if character in missing else character for character in line)


def shortened(text: str, length: int = NAME_LENGTH) -> str:
    """At most `length` characters; what is left out of the middle becomes an ellipsis."""
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 3
    return f"{text[:head]}…{text[head + 1 - length :]}"


def unit_axis(axes: Axes, which: str) -> None:
    """A little more than 0 to 1 on the "x" or "y" axis, so that curves at the border stay visible."""
    axes.set(**{f"{which}lim": (-0.02, 1.02)})
