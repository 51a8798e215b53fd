"""Fonts for names in any script: finds fonts, including newly installed fonts, and names missing packages."""

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
FALLBACK_FONTS = (  # common fonts for the scripts that DejaVu Sans lacks
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR", "Microsoft YaHei", "SimHei",
    "PingFang SC", "Hiragino Sans GB", "Apple SD Gothic Neo", "Malgun Gothic", "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei", "Droid Sans Fallback", "IPAGothic", "NanumGothic",
    *(f"Noto Sans {script}" for script in SCRIPTS), "Nirmala UI", "Arial Unicode MS", "Noto Emoji", "Symbola",
)  # fmt: skip
EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH")
MOST_CHARACTERS = 5  # in a notice
named_packages: set[str] = set()  # packages that this process has already named


@cache
def font_families() -> tuple[str, ...]:
    """Returns DejaVu Sans, which is part of matplotlib, and the installed fallback fonts."""
    installed = {entry.name for entry in font_manager.fontManager.ttflist if Path(entry.fname).exists()}
    return ("DejaVu Sans", *(name for name in FALLBACK_FONTS if name in installed))


@cache
def drawable_characters() -> frozenset[int]:
    """Returns the code points with a glyph in `font_families`."""
    paths = [font_manager.findfont(name) for name in font_families()]
    return frozenset().union(*(font_manager.get_font(path).get_charmap() for path in paths))


def undrawable(text: str) -> set[str]:
    """Returns the characters of the text for which no installed font has a glyph.

    For the first such character of a process, newly installed fonts are added to matplotlib's list. If characters are
    still missing, a package that has them is named once.
    """
    missing = without_glyph(text)
    if missing:
        add_new_fonts()
        missing = without_glyph(text)
        name_packages(missing)
    return missing


def without_glyph(text: str) -> set[str]:
    """Returns the characters of the text that are not in `drawable_characters`."""
    return {character for character in text if ord(character) not in drawable_characters()}


@cache
def add_new_fonts() -> None:
    """Adds installed fonts that are not in matplotlib's list, which is cached in a file."""
    known = {entry.fname for entry in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        with suppress(Exception):  # a file that is not a font, or that matplotlib cannot read
            font_manager.fontManager.addfont(path)
    font_families.cache_clear()
    drawable_characters.cache_clear()


def name_packages(characters: set[str]) -> None:
    """Prints which packages have the characters, once for each package."""
    by_package: dict[str, list[str]] = {}
    for character in sorted(characters):
        package = package_of(character)
        if package and package not in named_packages:
            by_package.setdefault(package, []).append(character)
    for package, found in by_package.items():
        named_packages.add(package)
        say(
            f"Pictures show □ for characters that no installed font has, such as {' '.join(found[:MOST_CHARACTERS])}. "
            f"Install a font that has them, for example with apt-get install {package}."
        )


def package_of(character: str) -> str:
    """Returns the Debian package of a font with the character; "" for control and unassigned characters."""
    category, name = unicodedata.category(character), unicodedata.name(character, "")
    if category.startswith(("C", "Z")) or name.startswith("VARIATION SELECTOR"):
        return ""
    if name.startswith(EAST_ASIAN):
        return "fonts-noto-cjk"
    return "fonts-symbola" if category in ("So", "Sk") else "fonts-noto-core"
