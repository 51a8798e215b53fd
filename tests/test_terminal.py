"""Output is plain text: no markup is interpreted, control characters are replaced, and nothing is truncated."""

import io
import os
import pty
import subprocess
import sys

import pytest

from classifier.terminal import Table, console_of, counted, say, show, visible, warn

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


WORK = """
import time
from classifier.progress import Stage
from classifier.terminal import Table, say, show, warn
with Stage("[/b] outer"), Stage("[b]inner\\x1b[31m", 10, "rows") as stage:
    stage.advance(5)
    say("said  " + "long " * 30 + "end")
    warn("warned")
    table = Table(["a heading"])
    show(table)
    time.sleep(0.6)
print("after")
"""


def in_terminal(code: str, columns: int) -> bytes:
    """Returns what a Python process prints to a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=environment, check=True, timeout=60)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux's error after all writers have closed the terminal
            return shown
        shown += part


def test_a_live_line_is_plain_text_and_leaves_other_lines_whole():
    shown = in_terminal(WORK, 80)
    assert "[b]inner␛[31m  ########........  5 of 10 rows, 0:00".encode() in shown
    assert b"\r\n".join([b"said  " + b"long " * 30 + b"end", b""]) in shown
    assert b"warned\r\n" in shown and b"a heading" in shown
    assert shown.endswith(b"after\r\n")


SENTENCES = """
from classifier.terminal import say, warn
say("Some words and then some more words of a sentence.\\n\\nA second line.")
warn("A path stays whole: " + 20 * "/folder" + " and the sentence goes on.")
say("Next     classifier score model=outputs/a input=new.csv")
"""


def test_a_terminal_wraps_sentences_between_words_and_leaves_what_is_copied():
    lines = in_terminal(SENTENCES, 30).decode().split("\r\n")
    assert lines == [
        "Some words and then some more",
        "words of a sentence.",
        "",
        "A second line.",
        "A path stays whole:",
        20 * "/folder",
        "and the sentence goes on.",
        "Next     classifier score model=outputs/a input=new.csv",
        "",
    ]
    done = subprocess.run([sys.executable, "-c", SENTENCES], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("Some words and then some more words of a sentence.\n\nA second line.\n")


def test_without_a_terminal_nothing_is_drawn():
    plain = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=True, timeout=60)
    assert plain.stdout.startswith("said  " + "long " * 30 + "end\n") and plain.stderr == "warned\n"
    assert "\x1b" not in plain.stdout


def test_a_stream_that_is_redirected_later_is_found(capsys):
    console_of(False)
    say("captured")
    assert capsys.readouterr().out == "captured\n"


def test_one_of_a_thing_is_in_the_singular():
    assert [counted(number, "row") for number in (0, 1, 2, 1234)] == ["0 rows", "1 row", "2 rows", "1,234 rows"]
    assert counted(1, "class", "classes") == "1 class"
    assert counted(2, "class", "classes") == "2 classes"
