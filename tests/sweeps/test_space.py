"""Hydra's sweep syntax has the same meaning for a search."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from classifier.errors import UserError
from classifier.settings.short_names import short_name
from classifier.sweeps.space import as_overrides, distribution, every_value
from classifier.sweeps.trial import varying


def parse(text):
    (override,) = OverridesParser.create().parse_overrides([text])
    return override


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=x,y", CategoricalDistribution(["x", "y"])),
        ("a=choice(1,two)", CategoricalDistribution(["1", "two"])),
        ("a=range(1,7)", IntDistribution(1, 6)),
        ("a=range(2,9,3)", IntDistribution(2, 8, step=3)),
        ("a=range(1.0,2.5,0.5)", FloatDistribution(1.0, 2.0, step=0.5)),
        ("a=interval(0,1)", FloatDistribution(0, 1)),
        ("a=tag(log,interval(1e-5,1e-2))", FloatDistribution(1e-5, 1e-2, log=True)),
        ("a=int(interval(1,6))", IntDistribution(1, 6)),
        ("a=tag(log,int(interval(1,64)))", IntDistribution(1, 64, log=True)),
    ],
)
def test_a_word_of_hydra(text, expected):
    found = distribution(parse(text))
    assert type(found) is type(expected)
    if isinstance(found, FloatDistribution) and isinstance(expected, FloatDistribution):
        assert (found.low, found.high, found.step) == pytest.approx((expected.low, expected.high, expected.step))
        assert found.log == expected.log
    else:
        assert found == expected


@pytest.mark.parametrize("text", ["a=range(3,3)", "a=interval(2,1)", "a=tag(log,interval(0,1))"])
def test_a_space_without_values_is_refused(text):
    with pytest.raises(UserError, match="is not a search space"):
        distribution(parse(text))


def test_every_value_of_a_grid():
    assert every_value("a", IntDistribution(2, 8, step=3)) == [2, 5, 8]
    assert every_value("a", FloatDistribution(0.1, 0.3, step=0.1)) == pytest.approx([0.1, 0.2, 0.3])
    assert every_value("a", CategoricalDistribution(["x", "y"])) == ["x", "y"]


def test_what_was_chosen_can_be_typed():
    assert as_overrides({"a.b": 0.00012345678, "c": 2, "d": "[1,2]"}) == ["a.b=0.0001235", "c=2", "d=[1,2]"]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"encoder.depth": "2", "optimizer.learning_rate": "0.0003"}, "depth=2 lr=3e-4"),
        ({"encoder.dropout": "0.1", "attention.dropout": "0.25"}, "encoder.dropout=0.1 attention.dropout=0.25"),
        ({"data": "trec6", "seed": "0"}, "data=trec6 seed=0"),
        ({"tokenizer.truncation": "head_tail"}, "truncation=head_tail"),
        ({"data.train": "[/a.csv,/b.csv]"}, "train=[/a.csv,/b.csv]"),
        ({"data.train": "x" * 200}, f"train={'x' * 113}…"),
    ],
)
def test_short_names_distinguish_trials(values, name):
    assert short_name(values) == name


def test_what_varies():
    assert varying([["a=1", "b=2"], ["a=1", "b=3"]]) == ["b"]
    assert varying([["a=1", "+b=2"]]) == ["a", "b"]
