"""Every number of commands and configurable classes has a range, and values out of range are errors."""

import math
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from omegaconf import OmegaConf

from classifier.errors import UserError
from classifier.settings import (
    CompareSettings,
    DecideSettings,
    EvaluateSettings,
    ExplainSettings,
    PromoteSettings,
    PublishSettings,
    ScoreSettings,
    TrainSettings,
)
from classifier.settings.bounds import ARGUMENTS, Bounds, check_bounds, is_number, number

CONF = Path(__file__).parents[1] / "conf"
COMMANDS = (
    *(TrainSettings, EvaluateSettings, ScoreSettings, ExplainSettings),
    *(CompareSettings, DecideSettings, PromoteSettings, PublishSettings),
)
ODD = (-1, 0, 1, 0.5, math.nan, math.inf, -math.inf, 1e308, 10**20, 10**400)


def numeric(schema, prefix=""):
    """Yields key, dataclass and field of each number in a settings dataclass, recursively."""
    hints = get_type_hints(schema)
    for one in fields(schema):
        kinds = {hints[one.name], *get_args(hints[one.name])}
        for kind in kinds:
            if is_dataclass(kind):
                yield from numeric(kind, f"{prefix}{one.name}.")
        if kinds & {int, float}:
            yield f"{prefix}{one.name}", one


NUMBERS = {f"{schema.__name__}.{key}": one for schema in COMMANDS for key, one in numeric(schema)}


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_of_a_command_has_a_range(name):
    bounds = NUMBERS[name].metadata.get("bounds")
    assert isinstance(bounds, Bounds), f"{name} says no range: use number(default, bounds)"
    default = NUMBERS[name].default
    assert not is_number(default) or default in bounds
    assert not any(odd in bounds for odd in (math.nan, math.inf, -math.inf, 1e308, 10**20))


def test_every_number_of_a_class_has_a_range():
    for path in CONF.glob("train/*/*.yaml"):
        leaf = OmegaConf.load(path)
        if "_target_" in leaf:
            for key, value in leaf.items():
                if is_number(value):
                    assert value in ARGUMENTS[key], f"{path}: {key}"


@pytest.mark.parametrize("odd", ODD)
def test_a_number_is_accepted_exactly_if_it_is_in_its_range(odd):
    from dataclasses import make_dataclass

    for name, bounds in {**{name: one.metadata["bounds"] for name, one in NUMBERS.items()}, **ARGUMENTS}.items():
        key = name.rpartition(".")[2]
        if name in ARGUMENTS:
            settings, key = make_dataclass("Settings", ["leaf"])({"_target_": "some.Class", key: odd}), f"leaf.{key}"
        else:
            settings = make_dataclass("Settings", [(key, float, number(odd, bounds))])()
        if odd in bounds:
            check_bounds(settings)
        else:
            with pytest.raises(UserError, match=rf"^{key}=[^ ]+(?: 10\^\d+)? must be (at|above|below)"):
                check_bounds(settings)


def test_a_number_without_a_range_is_finite():
    from dataclasses import make_dataclass

    settings = make_dataclass("Settings", ["leaf"])({"_target_": "keras.optimizers.Lion", "other": math.nan})
    with pytest.raises(UserError, match=r"leaf\.other=nan must be a finite number\."):
        check_bounds(settings)
