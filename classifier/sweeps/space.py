"""Converts Hydra's sweep syntax to Optuna's distributions."""

from collections.abc import Mapping
from typing import Any

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from classifier.errors import UserError


def distribution(override: Override) -> BaseDistribution:
    """Returns the distribution of a swept override; a range excludes its last number, as in Hydra.

    Raises:
        UserError: for an empty range.
    """
    value, text = override.value(), override.input_line
    try:
        if isinstance(value, IntervalSweep):
            return interval(value, "log" in value.tags)
        if isinstance(value, RangeSweep):
            steps = list(value.range())
            low, high, step = min(steps), max(steps), abs(value.step)
            if isinstance(step, int) and isinstance(low, int):
                return IntDistribution(low, int(high), step=step)
            return FloatDistribution(low, high, step=step)
        return CategoricalDistribution(list(override.sweep_string_iterator()))
    except (ValueError, TypeError) as error:
        raise UserError(f"{text} is not a search space: {error}") from error


def interval(value: IntervalSweep, log: bool) -> BaseDistribution:
    """Returns the distribution of an interval: integers for int(interval()), and log-uniform with tag(log)."""
    low, high = value.start, value.end
    assert low is not None and high is not None
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=log)
    return FloatDistribution(low, high, log=log)


def every_value(key: str, choice: BaseDistribution) -> list[Any]:
    """Returns all values of a distribution, for a grid.

    Raises:
        UserError: for an interval.
    """
    if isinstance(choice, CategoricalDistribution):
        return list(choice.choices)
    if isinstance(choice, IntDistribution):
        return list(range(choice.low, choice.high + 1, choice.step))
    if isinstance(choice, FloatDistribution) and choice.step:
        count = round((choice.high - choice.low) / choice.step) + 1
        return [choice.low + index * choice.step for index in range(count)]
    raise UserError(f"{key} is an interval, which no grid can cover: give choices or a range, or another sampler.")


def ends(choice: BaseDistribution) -> tuple[Any, Any]:
    """Returns the first and the last value of a distribution."""
    if isinstance(choice, CategoricalDistribution):
        return choice.choices[0], choice.choices[-1]
    assert isinstance(choice, IntDistribution | FloatDistribution)
    return choice.low, choice.high


def as_overrides(params: Mapping[str, Any]) -> list[str]:
    """Returns the chosen values as overrides, with floats rounded to four digits.

    >>> as_overrides({"encoder.depth": 2, "optimizer.learning_rate": 0.000312345})
    ['encoder.depth=2', 'optimizer.learning_rate=0.0003123']
    """
    return [f"{key}={value:.4g}" if isinstance(value, float) else f"{key}={value}" for key, value in params.items()]
