"""The commands that a training prints can be typed as they are."""

import shlex
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from classifier.pipeline.print_results import next_commands


@pytest.mark.parametrize("folder", ["run", "my runs", "it's, [a] {b}", "a=b", "Größe", "$HOME"])
def test_next_commands_are_quoted_for_the_shell_and_hydra(tmp_path: Path, folder: str):
    for command in next_commands(tmp_path / folder / "model"):
        overrides = OverridesParser.create().parse_overrides(shlex.split(command)[2:])
        values = {override.key_or_group: override.value() for override in overrides}
        assert values["model"] == str(tmp_path / folder)


def test_paths_in_the_current_folder_are_short(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    score, explain = next_commands(tmp_path / "outputs" / "model")
    assert score == "classifier score model=outputs input=new.csv output=scored.csv"
    assert explain == 'classifier explain model=outputs text="..."'
