"""The style of all figures: colours for the colour-blind, unobtrusive axes, and shortened names."""

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
from classifier.drawing.page import DPI

# Okabe and Ito, Color Universal Design, 2008, without yellow, which is hardly visible on white.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
INK, GREY, PALE = "#222222", "#777777", "#E6E6E6"

NAME_LENGTH = 28  # characters of a label in a picture


@contextmanager
def canvas(
    width: float, height: float, rows: int = 1, columns: int = 1, **subplots: Any
) -> Iterator[tuple[Figure, Any]]:
    """Yields a figure of the given size in inches and its axes, in the common style.

    The style only applies inside the context; ticks are created before it ends, because matplotlib would otherwise
    create them with its default style when the figure is saved. pyplot is not used, so that figures are neither shown
    nor kept in memory.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # ignore the user's matplotlibrc
        matplotlib.rcParams.update(style())
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        yield figure, figure.subplots(rows, columns, **subplots)
        use_new_fonts(figure)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # the layout is final, and need not be computed again when the figure is saved


def use_new_fonts(figure: Figure) -> None:
    """Sets the fonts of a figure if new fonts were found while it was drawn."""
    families = list(font_families())
    if families != matplotlib.rcParams["font.family"]:
        matplotlib.rcParams["font.family"] = families
        for text in figure.findobj(Text):
            text.set(fontfamily=families)


def style() -> dict[Any, Any]:
    """Returns the rcParams of all figures."""
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
    """Converts names for figures: shortened, without missing glyphs, and still distinct.

    Names with missing glyphs, and names that would be equal, are prefixed with their class number. Right-to-left names
    are isolated from the surrounding text; otherwise the two sides of an arrow would be swapped.

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
    """Escapes the text for matplotlib, in which $ would start a formula."""
    return enclosed(text).replace("$", r"\$")


def display_text(text: str, length: int = NAME_LENGTH) -> str:
    """Converts any text for figures: at most `length` characters, without missing glyphs and formulas."""
    return literal(shortened(drawable(text), length))


def enclosed(name: str) -> str:
    """Encloses a right-to-left name in left-to-right marks, which are invisible; other names are unchanged."""
    leftwards = any(unicodedata.bidirectional(character) in ("R", "AL") for character in name)
    return f"\u200e{name}\u200e" if leftwards else name


def drawable(text: str) -> str:
    """Returns the text with composed characters on a single line, and □ for characters without a glyph."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    missing = undrawable(line)
    return "".join("□" if character in missing else character for character in line)


def shortened(text: str, length: int = NAME_LENGTH) -> str:
    """Shortens the text to `length` characters, with an ellipsis in the middle."""
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 3
    return f"{text[:head]}…{text[head + 1 - length :]}"


def unit_axis(axes: Axes, which: str) -> None:
    """Sets the limits of the "x" or "y" axis to slightly more than 0 to 1, so that curves at the border are visible."""
    axes.set(**{f"{which}lim": (-0.02, 1.02)})
