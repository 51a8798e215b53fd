"""A training whose database rejected data ends with a specific exit code and its summary."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
from types import SimpleNamespace

from classifier.command_line.run import run_command
from classifier.settings import PromoteSettings
from classifier.pipeline.finish import failed_if_refused

run = SimpleNamespace(status={run!r}, refused={refused})
run_command("promote", PromoteSettings, lambda *_: failed_if_refused({summary}, run))
"""


@pytest.mark.parametrize(
    ("status", "run", "refused", "expected", "code"),
    [
        ("FINISHED", "FINISHED", [], {"status": "FINISHED"}, 0),
        ("FINISHED", "FAILED", ["the model"], {"status": "FAILED", "not_sent": ["the model"]}, 1),
        ("FINISHED", "FINISHED", ["a tag"], {"status": "FINISHED", "not_sent": ["a tag"]}, 0),
        ("KILLED", "KILLED", ["the model"], {"status": "KILLED"}, 130),
    ],
)
def test_the_exit_code_says_whether_all_has_arrived(tmp_path, status, run, refused, expected, code):
    program = PROGRAM.format(summary={"status": status}, run=run, refused=refused)
    arguments = ["name=any", "run=any", f"hydra.run.dir={tmp_path}"]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert {key: summary[key] for key in expected} == expected
