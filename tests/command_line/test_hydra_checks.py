"""The section `hydra` of a configuration cannot call functions that a file names."""

import subprocess
import sys
from pathlib import Path

import pytest

from classifier.command_line.hydra_checks import check_hydra
from classifier.errors import UserError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"callbacks": {"x": {"_target_": "collections.OrderedDict"}}}, r"hydra\.callbacks is not an option"),
        ({"sweeper": {"_target_": "collections.OrderedDict"}}, r"hydra\.sweeper\._target_=collections\.OrderedDict"),
        ({"hydra_logging": {"handlers": {"x": {"()": "collections.OrderedDict"}}}}, r"hydra\.hydra_logging: \(\)="),
        ({"job_logging": {"handlers": {"x": {"class": "collections.OrderedDict"}}}}, r"hydra\.job_logging: class="),
        ({"job_logging": {"filters": [{"x": "ext://collections.OrderedDict"}]}}, "cannot name functions"),
    ],
)
def test_what_would_be_called_is_refused(section, message):
    with pytest.raises(UserError, match=message):
        check_hydra(section)


def test_a_file_cannot_name_a_callback(tmp_path):
    (tmp_path / "recipe").mkdir()
    text = "# @package _global_\nhydra: {callbacks: {x: {_target_: collections.OrderedDict}}}\n"
    (tmp_path / "recipe" / "odd.yaml").write_text(text)
    command = [sys.executable, "-m", "classifier.train", "--config-dir", str(tmp_path), "recipe=odd", "seed=-1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr[:41]) == (2, "Error: hydra.callbacks is not an option: ")


def test_a_password_is_not_printed_with_the_settings(tmp_path):
    command = [sys.executable, "-m", "classifier.publish", "--cfg", "job", "--resolve"]
    variables = {"MLFLOW_TRACKING_URI": "http://me:secret@localhost:1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=variables)
    assert "http://me:***@localhost:1" in done.stdout and "secret" not in done.stdout
