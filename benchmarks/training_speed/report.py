"""The blocks of docs/training_speed.md and its picture, from the results of the parts."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from harness.machine import in_a_line
from harness.markdown import spread, table
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from classifier.drawing.style import COLOURS, GREY, INK, canvas

Result = Mapping[str, Any]  # of a contender on a workload: counts, and the seconds of each round
Row = dict[str, object]

PADDED_GOALS = {"sst2": 3.0, "banking77": 3.0, "imdb": 1.4}  # times keras_nlp
TORCH_GOALS = (("ours", "torch", 1.3), ("ours_float32", "torch", 1.3), ("ours", "torch_bfloat16", 1.0))
PEAK_GOAL, PEAK_WIDTH = 0.6, 256  # share of the peak
EXPONENT_GOAL = (0.95, 1.05)
LINES_OF_A_PROFILE = 25


def blocks(parts: Mapping[str, Any]) -> dict[str, str]:
    """The blocks of the parts that were measured, after the goals."""
    found = {name: part["found"] for name, part in parts.items()}
    measured = {name: in_a_line([part["machine"]]) for name, part in parts.items()}
    written = {"goals": table(goals(found)) if found else "Nothing is measured yet."}
    if results := found.get("contenders"):
        lines = "\n".join(dict.fromkeys(f"- {workload_line(result)}" for result in results))
        ours = {result["workload"]: result for result in results if result["contender"] == "ours"}
        rows = [contender_row(result, ours.get(result["workload"])) for result in results]
        written["contenders"] = f"{lines}\n\n{measured['contenders']}\n\n{table(rows)}"
    for name, row in {"products": product_row, "lengths": length_row, "sizes": size_row}.items():
        if results := found.get(name):
            written[name] = f"{measured[name]}\n\n{table(list(map(row, results)))}"
    if results := found.get("sizes"):
        power, processor_power = (spread(exponents(results, kind), ".3f") for kind in ("wall_seconds", "cpu_seconds"))
        about = f"Time grows with the number of examples to the power of {power}; CPU time: {processor_power}."
        written["sizes"] = f"{about}\n\n{written['sizes']}"
    if results := found.get("profile"):
        written["profile"] = "\n\n".join([measured["profile"], *map(profile_section, results)])
    return written


def rates(result: Result, count: str, seconds: str = "wall_seconds") -> list[float]:
    """How many of `count` (`examples`, `tokens`, ...) a second, round by round."""
    return [result[count] / one for one in result[seconds]]


def middle(result: Result, count: str, seconds: str = "wall_seconds") -> str:
    return f"{statistics.median(rates(result, count, seconds)):,.0f}"


def step_milliseconds(result: Result) -> float:
    return 1000 * statistics.median(result["wall_seconds"]) / result["steps"]


def times_as_fast(ours: Result, other: Result, seconds: str = "wall_seconds") -> list[float]:
    """Ours against the other, round by round."""
    return [theirs / mine for mine, theirs in zip(ours[seconds], other[seconds], strict=True)]


def shares(result: Result) -> list[float]:
    """The share of the machine's peak that the matrix products of a step reach, round by round."""
    return [rate / peak for rate, peak in zip(rates(result, "operations"), result["peak"], strict=True)]


def exponents(results: Sequence[Result], seconds: str = "wall_seconds") -> list[float]:
    """The slope of log time over log examples, round by round; 1 if time grows as the examples do."""
    examples = np.log([result["examples"] for result in results])
    rounds = zip(*(result[seconds] for result in results), strict=True)
    return [float(np.polyfit(examples, np.log(times), 1)[0]) for times in rounds]


def goals(found: Mapping[str, Any]) -> list[Row]:
    """A row for each goal of the parts that were measured; the median decides."""
    rows = []

    def add(name: str, aim: str, values: Sequence[float], low: float, high: float, form: str) -> None:
        met = "met" if low <= statistics.median(values) <= high else "**missed**"
        rows.append({"goal": name, "aimed at": aim, "reached": spread(values, form), "verdict": met})

    by_name = {(one["workload"], one["contender"]): one for one in found.get("contenders", [])}
    wanted = [(data, "ours", "keras_nlp", goal) for data, goal in PADDED_GOALS.items()]
    wanted += [(data, *goal) for goal in TORCH_GOALS for data in PADDED_GOALS]
    for data, ours, other, goal in wanted:
        if {(data, ours), (data, other)} <= by_name.keys():
            values = times_as_fast(by_name[data, ours], by_name[data, other])
            add(f"{data}: `{ours}`, times as fast as `{other}`", f"≥ {goal}", values, goal, np.inf, ".2f")
    for one in found.get("products", []):
        if one["width"] == PEAK_WIDTH:
            name = f"{one['data']}: share of the float32 peak at width {PEAK_WIDTH} in {one['precision']}"
            add(name, f"≥ {PEAK_GOAL:.0%}", shares(one), PEAK_GOAL, np.inf, ".0%")
    if len(found.get("sizes", [])) > 1:
        low, high = EXPONENT_GOAL
        add("exponent of time over examples", f"{low}–{high}", exponents(found["sizes"]), low, high, ".3f")
    return rows


def workload_line(result: Result) -> str:
    """What a round goes through."""
    padding, fully = (result[name] / result["tokens"] - 1 for name in ("padded_tokens", "fully_padded_tokens"))
    return (
        f"{result['workload']}: a round of {result['steps']} steps with {result['batch_size']} examples each, "
        f"{result['tokens'] / result['examples']:.1f} tokens a text; padding adds {padding:.0%} in batches of like "
        f"length, {fully:.0%} up to {result['max_tokens']} tokens; vocabulary {result['vocabulary_size']:,}"
    )


def contender_row(result: Result, ours: Result | None) -> Row:
    row: Row = {
        "data": result["workload"],
        "contender": f"`{result['contender']}`",
        "examples/s": spread(rates(result, "examples"), ",.0f"),
        "tokens/s": middle(result, "tokens"),
        "examples/CPU s": middle(result, "examples", "cpu_seconds"),
        "tokens/CPU s": middle(result, "tokens", "cpu_seconds"),
        "first step, s": f"{result['first_step_seconds']:.1f}",
    }
    if ours:
        for name, seconds in (("ours is x times as fast", "wall_seconds"), ("in CPU time", "cpu_seconds")):
            row[name] = 1 if result is ours else spread(times_as_fast(ours, result, seconds))
    return row


def product_row(result: Result) -> Row:
    return {
        "data": result["data"],
        "width": result["width"],
        "precision": result["precision"],
        "GFLOP a step": f"{result['operations'] / result['steps'] / 1e9:.2f}",
        "ms a step": f"{step_milliseconds(result):.1f}",
        "GFLOP/s": f"{statistics.median(rates(result, 'operations')) / 1e9:.1f}",
        "peak, GFLOP/s": spread([peak / 1e9 for peak in result["peak"]], ".0f"),
        "share of the float32 peak": spread(shares(result), ".0%"),
    }


def length_row(result: Result) -> Row:
    return {
        "tokens a text": result["max_tokens"],
        "tokens/s": spread(rates(result, "tokens"), ",.0f"),
        "tokens/CPU s": middle(result, "tokens", "cpu_seconds"),
        "examples/s": middle(result, "examples"),
        "ms a step": f"{step_milliseconds(result):.1f}",
    }


def size_row(result: Result) -> Row:
    return {
        "examples": f"{result['examples']:,}",
        "epoch, s": spread(result["wall_seconds"]),
        "epoch, CPU s": f"{statistics.median(result['cpu_seconds']):.2f}",
        "examples/s": middle(result, "examples"),
        "tokens/s": middle(result, "tokens"),
    }


def profile_section(result: Result) -> str:
    """Tables by part and by operation; operations run side by side, so their milliseconds may add up to more."""
    about = f"A step took {step_milliseconds(result):.1f} ms, under the profiler {result['milliseconds']:.1f} ms."
    tables = []
    for kind in ("part", "operation"):
        total = sum(entry["milliseconds"] for entry in result[f"{kind}s"])
        rows: list[Row] = [
            {
                kind: entry["name"],
                "runs a step": f"{entry['runs']:,.1f}",
                "ms a step": f"{entry['milliseconds']:.2f}",
                "share": f"{entry['milliseconds'] / total:.1%}",
            }
            for entry in result[f"{kind}s"][:LINES_OF_A_PROFILE]
        ]
        tables.append(table(rows))
    return "\n\n".join([f"### {result['workload']}", about, *tables])


def bars(results: Sequence[Result]) -> Figure:
    """A panel for each data set, a bar for each contender at the median of its rounds; lines from worst to best."""
    data = list(dict.fromkeys(result["workload"] for result in results))
    names = list(dict.fromkeys(result["contender"] for result in results))
    colours = dict(zip(names, COLOURS, strict=False))
    with canvas(9.6, 3.6, columns=len(data), squeeze=False) as (figure, grid):
        for axes, name in zip(grid[0], data, strict=True):
            panel(axes, [result for result in results if result["workload"] == name], colours)
            axes.set_title(name)
        grid[0][0].set_ylabel("examples a second")
    return figure


def panel(axes: Axes, results: Sequence[Result], colours: Mapping[str, str]) -> None:
    """The bars of one data set, each with its value."""
    for place, result in enumerate(results):
        rounds = rates(result, "examples")
        median = statistics.median(rounds)
        axes.bar(place, median, width=0.75, color=colours[result["contender"]])
        ends = [[median - min(rounds)], [max(rounds) - median]]
        axes.errorbar(place, median, ends, fmt="none", ecolor=INK, elinewidth=1, capsize=2)
        axes.annotate(
            f"{median:,.0f}", (place, max(rounds)), (0, 3), textcoords="offset points", ha="center", fontsize=8
        )
    axes.set_xticks(range(len(results)), [one["contender"].replace("_", "\n") for one in results], color=GREY)
    axes.grid(axis="x", visible=False)
    axes.margins(y=0.12)
    axes.yaxis.set_major_formatter("{x:,.0f}")
