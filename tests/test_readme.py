"""The README's commands are real: each composes, and each file that it points at exists."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
LINES = "\n".join(BLOCKS).replace("\\\n", " ").splitlines()
COMMANDS = sorted({match[0] for line in LINES if (match := re.search(r"python -m classifier\.\w+[^&#|]*", line))})
LINKS = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_composes(command):
    module, *overrides = shlex.split(command)[2:]
    if "-m" in overrides:
        overrides = [first_choice(override) for override in overrides if override != "-m"]
    done = subprocess.run(
        [sys.executable, "-m", module, *overrides, "--cfg", "job"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr


def first_choice(override: str) -> str:
    """Of what may vary, the first value."""
    (parsed,) = OverridesParser.create().parse_overrides([override])
    if not parsed.is_sweep_override():
        return override
    value = next(parsed.sweep_string_iterator()) if parsed.is_discrete_sweep() else parsed.value().start
    return f"{parsed.get_key_element()}={value}"


def test_there_are_commands():
    assert len(COMMANDS) > 5


def test_the_table_of_settings_tells_the_defaults():
    program = [sys.executable, "-m", "classifier.train", "--cfg", "job"]
    config = OmegaConf.create(subprocess.run(program, capture_output=True, text=True, cwd=ROOT).stdout)
    table = "\n".join(part.partition("\n\n")[0] for part in README.split("| key | default |")[1:])
    rows = re.findall(r"^\| (`[a-z_.]+`(?:, `[a-z_.]+`)*) \| ([^|]+) \|", table, re.MULTILINE)
    told = [
        (key, default)
        for keys, defaults in rows
        for key, default in zip(re.findall(r"`([^`]+)`", keys), defaults.strip().split(", "), strict=True)
    ]
    assert len(told) > 15
    for key, default in told:
        value = OmegaConf.select(config, key, throw_on_missing=True)
        assert str(value).lower() == default or (value is None and default == "null"), key


@pytest.mark.parametrize("link", LINKS)
def test_a_link_of_the_readme_leads_somewhere(link):
    assert (ROOT / link).exists()
