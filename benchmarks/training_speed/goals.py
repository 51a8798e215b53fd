"""What the measurements should reach, and whether they do."""

import statistics
from collections.abc import Mapping
from typing import Any

from training_speed.rates import Results, exponents, middle_and_range, shares, times_as_fast

Row = tuple[str, str, str, str]  # goal, aimed at, reached, verdict

PADDED_GOALS = {"sst2": 3.0, "banking77": 3.0, "imdb": 1.4}  # times keras_nlp
TORCH_GOALS = (("ours", "torch", 1.3), ("ours_float32", "torch", 1.3), ("ours", "torch_bfloat16", 1.0))
PEAK_GOAL = 0.6  # share of the peak, at PEAK_WIDTH
PEAK_WIDTH = 256
EXPONENT_GOAL = (0.95, 1.05)


def goal_rows(parts: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """The goals of the parts that were measured."""
    found = {name: part["results"] for name, part in parts.items()}
    return [
        *contender_goals(found.get("contenders", [])),
        *product_goals(found.get("products", [])),
        *size_goals(found.get("sizes", [])),
    ]


def verdict(met: bool) -> str:
    """A word that also the eye finds."""
    return "met" if met else "**missed**"


def contender_goals(results: Results) -> list[Row]:
    """Ours against the others."""
    by_name = {(result["workload"], result["contender"]): result for result in results}
    wanted = [(data, "ours", "keras_nlp", goal) for data, goal in PADDED_GOALS.items()]
    wanted += [(data, ours, other, goal) for ours, other, goal in TORCH_GOALS for data in PADDED_GOALS]
    rows = []
    for data, ours, other, goal in wanted:
        if (data, other) in by_name and (data, ours) in by_name:
            ratios = times_as_fast(by_name[data, ours], by_name[data, other])
            name = f"{data}: `{ours}`, times as fast as `{other}`"
            rows.append((name, f"≥ {goal}", middle_and_range(ratios), verdict(statistics.median(ratios) >= goal)))
    return rows


def product_goals(results: Results) -> list[Row]:
    """The share of the peak."""
    return [
        (
            f"{result['data']}: share of the float32 peak at width {PEAK_WIDTH} in {result['precision']}",
            f"≥ {PEAK_GOAL:.0%}",
            middle_and_range(shares(result), ".0%"),
            verdict(statistics.median(shares(result)) >= PEAK_GOAL),
        )
        for result in results
        if result["width"] == PEAK_WIDTH
    ]


def size_goals(results: Results) -> list[Row]:
    """How time grows with the examples."""
    if len(results) < 2:
        return []
    low, high = EXPONENT_GOAL
    found = exponents(results)
    met = low <= statistics.median(found) <= high
    return [
        ("exponent of time over examples", f"{low}–{high}", middle_and_range(found, ".3f"), verdict(met)),
    ]
