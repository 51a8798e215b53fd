"""The terminal in which the first half hour is typed: what is left on the screen, silences and wide lines."""

import os
import sys

from harness.terminal import run_in_terminal, screen

CODE = """
import sys, time
print("one")
sys.stderr.write("50 %"); sys.stderr.flush(); time.sleep(0.5)
sys.stderr.write("\\r\\x1b[2K" + 90 * "x"); sys.stderr.flush()
print("\\r\\x1b[2Ktwo")
sys.exit(3)
"""


def test_a_command_is_shown_as_a_person_sees_it(tmp_path):
    shown = run_in_terminal([sys.executable, "-u", "-c", CODE], tmp_path, dict(os.environ))
    assert shown.lines == ["one", "two", ""]
    assert shown.code == 3
    assert shown.long_lines == [90 * "x"]
    assert 0.4 < shown.silence <= shown.seconds
    assert screen("a\r\nb\r\n\x1b[1A\x1b[2Kc")[0] == ["a", "c", ""]
