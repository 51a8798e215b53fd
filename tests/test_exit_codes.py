"""A training whose database rejected data ends with a specific exit code and its summary."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from forked_commands import start_process


def end(folder: Path, status: str, run: str, refused: list[str]) -> None:
    """Ends a command as a training with these results does."""
    from classifier.command_line.run import run_command
    from classifier.pipeline.finish import failed_if_refused
    from classifier.settings import PromoteSettings

    ended = SimpleNamespace(status=run, refused=refused)
    sys.argv = ["promote", "name=any", "run=any", f"hydra.run.dir={folder}"]
    run_command("promote", PromoteSettings, lambda *_: failed_if_refused({"status": status}, ended))


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
    process = start_process(end, tmp_path, status, run, refused)
    process.join()
    assert process.exitcode == code
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert {key: summary[key] for key in expected} == expected
