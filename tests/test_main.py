"""The command `classifier`: list of commands, help, errors and completion."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.__main__ import COMMANDS

PROGRAM = [sys.executable, "-m", "classifier"]


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, env={**os.environ, **environment}, timeout=60
    )


def complete(line: str) -> list[str]:
    return call("-sc", "query=bash", COMP_LINE=line).stdout.split()


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_the_commands_are_listed(arguments):
    done = call(*arguments)
    assert done.returncode == 0
    assert all(f"classifier {command} " in done.stdout for command in COMMANDS)


def test_the_version():
    assert re.fullmatch(r"classifier \d+\.\d+\.\d+\n", call("--version").stdout)


@pytest.mark.parametrize(
    ("word", "hint"),
    [("tain", "Did you mean 'classifier train'?"), ("data=files", "Choose from train, evaluate, score")],
)
def test_a_word_that_is_not_a_command(word, hint):
    done = call(word)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {word} is not a command. {hint}")


def test_a_command_is_the_module_of_its_name():
    done = call("train", "encoder.dept=3")
    assert (done.returncode, done.stderr) == (
        2,
        "Error: encoder.dept is not an option. Did you mean 'encoder.depth'?\n",
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_names_keys_that_exist(command):
    given = call(command, "--help").stdout
    keys = re.findall(r"^  ([a-z_.]+)=", given.partition("first:")[2], re.MULTILINE)
    assert 1 < len(keys) <= 10
    config = call(command, "--cfg", "all").stdout
    assert f"Every key: classifier {command} --cfg job" in given
    for key in keys:
        assert re.search(rf"^ *{key.rpartition('.')[2]}:", config, re.MULTILINE), key


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("classifier tr", ["train"]),
        (
            "classifier train encoder=",
            [*(f"encoder={size}" for size in ("base", "minilm", "pretrained", "small", "tiny"))],
        ),
        ("classifier train trainer.ep", ["trainer.epochs="]),
        ("classifier score on_er", ["on_error="]),
        ("classifier nothing ", []),
    ],
)
def test_what_is_completed(line, expected):
    assert complete(line) == expected


def test_every_command_is_completed():
    assert complete("classifier ") == list(COMMANDS)


def test_bash_completes(tmp_path):
    """Completion in bash, with the function called as by bash."""
    program = tmp_path / "classifier"
    program.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(classifier -sc install=bash)"\n'
        'COMP_LINE="classifier train attention=mu" COMP_CWORD=2\n'
        'hydra_bash_completion\necho "${COMPREPLY[@]}"\n'
    )
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout.split() == ["attention=multi_head"]
