"""Output is plain text: no markup is interpreted, control characters are replaced, and nothing is truncated."""

import io
import os
import pty
import subprocess
import sys

import pytest

from classifier.terminal import Table, console_of, say, show, visible, warn

MARKUP = ["[b]x[/b]", "[/tmp/a.csv,/tmp/b.csv]", "[mean,max]", ":smile:", "\\[red]", "[link=http://x]y", "1.5 'a' True"]


@pytest.mark.parametrize("text", MARKUP)
def test_lines_titles_headings_and_cells_are_plain_text(text, capsys):
    say(text)
    warn(text)
    table = Table(["word", f"{text}1"], [f"{text}2"], f"{text}0")
    table.add(text, f"{text}3", f"{text}4")
    show(table)
    shown = capsys.readouterr()
    assert shown.err == f"{text}\n"
    line, *rest = shown.out.splitlines()
    assert line == text
    assert all(f"{text}{number}" in "".join(rest) for number in range(5))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mred\x07", "a␛[31mred␇"),
        ("a\rb\tc\0d\x7f", "a␍b␉c␀d␡"),
        ("a\x9b31m\u2028b", "a<U+009B>31m<U+2028>b"),
        ("\u202egpj.exe\u2066", "<U+202E>gpj.exe<U+2066>"),
        ("ham\u200b", "ham<U+200B>"),
        ("caf\udce9.csv", "caf<U+DCE9>.csv"),
        ("किताब می\u200cخواهم 👩\u200d💻 ü", "किताब می\u200cخواهم 👩\u200d💻 ü"),
    ],
)
def test_control_characters_become_symbols(text, shown, capsys):
    say(f"{text}\n{text}")
    table = Table([text], [], text)
    table.add(f"{text}\nb")
    show(table)
    first, second, *rest = capsys.readouterr().out.splitlines()
    assert first == second == shown == visible(text)
    assert f"{shown}␊b" in "".join(rest), "a cell has one line"


def test_nothing_is_cut(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    path = "/".join(map(str, range(100)))
    say(f"Model    {path}")
    table = Table(["name"], ["valid.\naccuracy", "test.\naccuracy", "seconds"])
    table.add("x" * 50, "0.8125", "0.8250  [0.801, 0.849]", "1,234")
    show(table)
    line, *rest = capsys.readouterr().out.splitlines()
    assert line.endswith(path)
    assert "0.8250  [0.801, 0.849]" in "".join(rest) and "1,234" in "".join(rest)
    assert "".join(rest).count("x") == 50
    assert "…" not in "".join(rest)


def test_what_the_encoding_lacks_is_escaped(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)
    say("é 天")
    table = Table(["é"])
    table.add("天")
    show(table)
    assert stream.buffer.getvalue().decode().startswith("\\xe9 \\u5929\n\\xe9")


BAR = """
from classifier.terminal import LiveLine, say, warn
with LiveLine() as live:
    live.update(3, 10, "[/b] before", "[b]after\\x1b[31m")
    say("said " + "long " * 30 + "end")
    warn("warned")
"""


def test_a_live_line_is_plain_text_and_leaves_other_lines_whole():
    """In a terminal of 80 columns; without a terminal, nothing is drawn."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", BAR], stdout=theirs, stderr=theirs, env=environment, check=True, timeout=60)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux's error after all writers have closed the terminal
            break
        shown += part
    assert b"[/b] before" in shown and "[b]after␛[31m".encode() in shown
    assert b"said " + b"long " * 30 + b"end" in shown and b"warned" in shown
    plain = subprocess.run([sys.executable, "-c", BAR], capture_output=True, text=True, check=True, timeout=60)
    assert (plain.stdout, plain.stderr) == ("said " + "long " * 30 + "end\n", "warned\n")


def test_a_stream_that_is_redirected_later_is_found(capsys):
    console_of(False)
    say("captured")
    assert capsys.readouterr().out == "captured\n"
