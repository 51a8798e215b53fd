"""A font that is installed after matplotlib has cached its list of fonts is used by the next process."""

import os
import subprocess
import sys

import pytest
from font_files import write_font

NAMES = "from classifier.drawing.style import display_names; print(display_names(['体育']))"


def test_a_font_installed_later_is_used(tmp_path):
    fonts, environment = tmp_path / "data/fonts", dict(os.environ)
    environment |= {"XDG_DATA_HOME": str(tmp_path / "data"), "MPLCONFIGDIR": str(tmp_path / "cache")}
    fonts.mkdir(parents=True)

    def shown():
        done = subprocess.run(
            [sys.executable, "-c", NAMES], env=environment, capture_output=True, text=True, check=True, timeout=300
        )
        return done.stdout.splitlines()

    *notices, names = shown()
    if names == "['体育']":
        pytest.skip("this machine has a font for Chinese")
    assert names == "['#0 □□']" and "apt-get install fonts-noto-cjk" in notices[0]
    assert list((tmp_path / "cache").glob("fontlist-*.json"))
    write_font(fonts / "NotoSansCJK.ttf", "Noto Sans CJK SC", "体育")
    assert shown() == ["['体育']"]
