"""Fonts for names in any script: what matplotlib knows, what was installed since, and which package is missing."""

import unicodedata
from contextlib import suppress
from functools import cache
from pathlib import Path

from matplotlib import font_manager

from classifier.terminal import say

SCRIPTS = (
    "Devanagari", "Thai", "Bengali", "Tamil", "Telugu", "Kannada", "Malayalam", "Gujarati", "Gurmukhi", "Sinhala",
    "Khmer", "Lao", "Myanmar", "Ethiopic", "Arabic", "Hebrew", "Armenian", "Georgian", "Symbols", "Symbols2",
)  # fmt: skip
FALLBACK_FONTS = (  # what systems carry for the scripts that DejaVu Sans lacks
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR", "Microsoft YaHei", "SimHei",
    "PingFang SC", "Hiragino Sans GB", "Apple SD Gothic Neo", "Malgun Gothic", "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei", "Droid Sans Fallback", "IPAGothic", "NanumGothic",
    *(f"Noto Sans {script}" for script in SCRIPTS), "Nirmala UI", "Arial Unicode MS", "Noto Emoji", "Symbola",
)  # fmt: skip
EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH")
SHOWN = 5  # characters in a notice
named_packages: set[str] = set()  # by this process


@cache
def font_families() -> tuple[str, ...]:
    """DejaVu Sans, which matplotlib brings, and the fallbacks that this machine has."""
    installed = {entry.name for entry in font_manager.fontManager.ttflist if Path(entry.fname).exists()}
    return ("DejaVu Sans", *(name for name in FALLBACK_FONTS if name in installed))


@cache
def drawable_characters() -> frozenset[int]:
    """The code points that have a glyph in `font_families`."""
    paths = [font_manager.findfont(name) for name in font_families()]
    return frozenset().union(*(font_manager.get_font(path).get_charmap() for path in paths))


def undrawable(text: str) -> set[str]:
    """The characters of the text that no font here can draw.

    At the first such character of a process, fonts that were installed since matplotlib last looked are added. What is
    missing even so is told once, with a package that has it.
    """
    missing = without_glyph(text)
    if missing:
        add_new_fonts()
        missing = without_glyph(text)
        name_packages(missing)
    return missing


def without_glyph(text: str) -> set[str]:
    """The characters of the text that are not among `drawable_characters`."""
    return {character for character in text if ord(character) not in drawable_characters()}


@cache
def add_new_fonts() -> None:
    """Adds the fonts of this machine that are not in matplotlib's list, which it keeps in a file for good."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        with suppress(Exception):  # a file that is no font, or one that matplotlib cannot read
            font_manager.fontManager.addfont(path)
    font_families.cache_clear()
    drawable_characters.cache_clear()


def name_packages(characters: set[str]) -> None:
    """Tells which package has the characters, once for each package."""
    by_package: dict[str, list[str]] = {}
    for character in sorted(characters):
        package = package_of(character)
        if package and package not in named_packages:
            by_package.setdefault(package, []).append(character)
    for package, some in by_package.items():
        named_packages.add(package)
        say(
            f"Pictures show □ for characters that no installed font has, such as {' '.join(some[:SHOWN])}. "
            f"Install a font that has them, for example with apt-get install {package}."
        )


def package_of(character: str) -> str:
    """The Debian package of a font that has the character; empty for control characters and what is not assigned."""
    category, name = unicodedata.category(character), unicodedata.name(character, "")
    if category.startswith(("C", "Z")) or name.startswith("VARIATION SELECTOR"):
        return ""
    if name.startswith(EAST_ASIAN):
        return "fonts-noto-cjk"
    return "fonts-symbola" if category in ("So", "Sk") else "fonts-noto-core"
