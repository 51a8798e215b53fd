"""Arguments are parsed as intended, and printed arguments can be typed again."""

import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, strategies
from omegaconf import OmegaConf

from classifier.command_line.arguments import check_arguments, multirun_first, with_files, with_quotes
from classifier.errors import UserError
from classifier.settings.typed import as_typed, on_command_line

TEXTS = strategies.text(strategies.sampled_from("ab1.,'\"\\${}[]()=: ~é#%-+|*!@\t退")) | strategies.sampled_from(
    ["null", "true", "1", "1e5", "nan", "-inf", "${x}", "1_000", ".5"]
)
VALUES = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats(allow_nan=False) | TEXTS,
    lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.text("abc :,=[]", min_size=1), inner),
    max_leaves=6,
)


@given(value=VALUES)
def test_a_setting_is_read_back_as_it_was(value):
    override = OverridesParser.create().parse_override(f"key={as_typed(value)}")
    found = OmegaConf.create({"key": unquoted(override.value())})
    assert OmegaConf.to_container(found, resolve=True)["key"] == value


@given(text=TEXTS)
def test_a_line_for_the_shell_is_read_back_as_it_was(text):
    [argument] = shlex.split(on_command_line("key", text))
    override = OverridesParser.create().parse_override(argument)
    assert OmegaConf.to_container(OmegaConf.create({"key": unquoted(override.value())}), resolve=True)["key"] == text


def unquoted(value):
    """Converts Hydra's values to Python objects."""
    if isinstance(value, list):
        return [unquoted(one) for one in value]
    if isinstance(value, dict):
        return {str(unquoted(name)): unquoted(one) for name, one in value.items()}
    return getattr(value, "text", value)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["tickets.csv"], ["data=files", "data.train=tickets.csv"]),
        (["a.csv", "b c.jsonl.gz"], ["data=files", "data.train=[a.csv,'b c.jsonl.gz']"]),
        (["data.train=t.csv", "--cfg", "job"], ["data=files", "data.train=t.csv", "--cfg", "job"]),
        (["data.train=t.csv", "data=sst2"], ["data.train=t.csv", "data=sst2"]),
        (["data.train=t.csv", "recipe=imdb"], ["data.train=t.csv", "recipe=imdb"]),
        (["-m", "seed=0,1", "data.train=a.csv,b.csv"], ["-m", "seed=0,1", "data=files", "data.train=a.csv,b.csv"]),
        (["--config-dir", "conf", "seed=1"], ["--config-dir", "conf", "seed=1"]),
        (["trainer.epochs=1"], ["trainer.epochs=1"]),
    ],
)
def test_files_to_train_on(typed, meant):
    assert with_files(typed) == meant


def test_files_are_named_one_way():
    with pytest.raises(UserError, match=r"a\.csv and data\.train= both name files"):
        with_files(["a.csv", "data.train=b.csv"])


def test_a_text_needs_no_quotes():
    assert with_quotes(["text=a, {b}", "model=m"], "text") == ["text='a, {b}'", "model=m"]


@pytest.mark.parametrize("argument", ["=1", "data.text=\udcff"])
def test_refused_before_hydra_reads_it(argument):
    with pytest.raises(UserError):
        check_arguments([argument])


@pytest.mark.parametrize("option", ["-m", "--multirun"])
def test_the_option_for_a_sweep_may_be_anywhere(option):
    """Hydra's parser takes overrides in one block only."""
    for place in range(3):
        arguments = ["encoder=tiny", "text=-m"]
        arguments.insert(place, option)
        assert multirun_first(arguments) == [option, "encoder=tiny", "text=-m"]
