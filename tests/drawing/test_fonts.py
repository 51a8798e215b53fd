"""Newly installed fonts are found, and a package is named for characters that no font has."""

import matplotlib
import pytest
from font_files import write_font
from matplotlib import font_manager
from matplotlib.backends import backend_agg
from matplotlib.font_manager import FontManager

from classifier.drawing import fonts
from classifier.drawing.fonts import package_of, undrawable
from classifier.drawing.style import canvas, display_names

WORD, FAMILY = "体育", "Noto Sans CJK SC"
CACHED = (fonts.font_families, fonts.drawable_characters, fonts.add_new_fonts)


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A process that has not drawn yet, on a machine with fonts that are newer than matplotlib's list."""
    looks = []

    def find_system_fonts():
        looks.append(1)
        return [str(path) for path in tmp_path.glob("*.ttf")]

    manager = FontManager.__new__(FontManager)
    vars(manager).update(vars(font_manager.fontManager))
    manager.ttflist = list(font_manager.fontManager.ttflist)
    monkeypatch.setattr(font_manager, "fontManager", manager)
    monkeypatch.setattr(backend_agg, "_fontManager", manager)  # bound at its import, possibly by another test
    monkeypatch.setattr(font_manager, "findfont", manager.findfont)
    monkeypatch.setattr(font_manager, "findSystemFonts", find_system_fonts)
    monkeypatch.setattr(fonts, "named_packages", set())
    for cached in CACHED:
        cached.cache_clear()
    yield looks
    for cached in CACHED:
        cached.cache_clear()


def test_a_font_installed_since_is_used(machine, tmp_path, capsys):
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    write_font(tmp_path / "font.ttf", FAMILY, WORD)
    assert display_names(["ham", WORD]) == ["ham", WORD]
    assert FAMILY in fonts.font_families()
    assert capsys.readouterr().out == ""


def test_the_picture_under_way_has_it_too(machine, tmp_path):
    write_font(tmp_path / "font.ttf", FAMILY, WORD)
    before = matplotlib.rcParams["font.family"]
    with canvas(2, 2) as (_, axes):
        axes.set(title="a", xlabel="b")
        axes.set_title(display_names([WORD])[0], loc="left")
    assert all(FAMILY in text.get_fontfamily() for text in (axes.title, axes.xaxis.label, *axes.get_xticklabels()))
    assert matplotlib.rcParams["font.family"] == before


def test_a_missing_font_is_searched_and_reported_once(machine, capsys):
    for _ in range(3):
        assert display_names(["ham", WORD]) == ["ham", "#1 □□"]
        assert undrawable("育儿") == {"育", "儿"}
    assert len(machine) == 1
    (told,) = capsys.readouterr().out.splitlines()
    assert told.startswith("Pictures show □ for characters that no installed font has, such as 体 育.")
    assert told.endswith("apt-get install fonts-noto-cjk.")


def test_characters_that_all_fonts_lack_are_not_reported(machine, capsys):
    assert display_names(["a\0b\x1b", "\ue000\ue001"]) == ["#0 a□b□", "#1 □□"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("character", "package"),
    [("体", "fonts-noto-cjk"), ("한", "fonts-noto-cjk"), ("カ", "fonts-noto-cjk"), ("க", "fonts-noto-core"),
     ("ก", "fonts-noto-core"), ("😀", "fonts-symbola"), ("\0", ""), ("\ufe0f", ""), ("\U0010ffff", "")],
)  # fmt: skip
def test_the_package_of_a_character(character, package):
    assert package_of(character) == package
