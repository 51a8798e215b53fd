"""What the seconds of the rounds say: rates, ratios, shares, exponents."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Result = Mapping[str, Any]  # of one contender on one workload: counts, and seconds of each round
Results = Sequence[Result]

SECONDS = ("wall_seconds", "cpu_seconds")


def rate(result: Result, count: str, seconds: str = "wall_seconds") -> float:
    """How many of `count` (`examples`, `tokens`, ...) a second, the median of the rounds."""
    return statistics.median(result[count] / one for one in result[seconds])


def times_as_fast(ours: Result, other: Result, seconds: str = "wall_seconds") -> list[float]:
    """Ours against the other, round by round."""
    return [theirs / mine for mine, theirs in zip(ours[seconds], other[seconds], strict=True)]


def middle_and_range(values: Sequence[float], form: str = ".2f") -> str:
    """Median and, in brackets, the least and the greatest: `1.52 (1.49-1.60)`, with a dash."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def shares(result: Mapping[str, Any]) -> list[float]:
    """The share of the machine's peak that the matrix products of a step reach, round by round."""
    pairs = zip(result["wall_seconds"], result["peak"], strict=True)
    return [result["operations"] / seconds / peak for seconds, peak in pairs]


def exponents(results: Results, seconds: str = "wall_seconds") -> list[float]:
    """The slope of log time over log examples, round by round; 1 where time grows as the examples do."""
    examples = np.log([result["examples"] for result in results])
    rounds = zip(*(result[seconds] for result in results), strict=True)
    return [float(np.polyfit(examples, np.log(times), 1)[0]) for times in rounds]
