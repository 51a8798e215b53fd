"""The blocks of docs/training_speed.md and its picture, from the results of the parts."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
from harness.machine import in_a_line
from harness.markdown import spread, table
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
    written = {"goals": table(goals(found))}
    for name, results in found.items():
        texts = [in_a_line([parts[name]["machine"]])]
        if name == "contenders":
            texts.insert(0, "\n".join(dict.fromkeys(f"- {workload_line(result)}" for result in results)))
            ours = {result["workload"]: result for result in results if result["contender"] == "ours"}
            texts.append(table([contender_row(result, ours.get(result["workload"])) for result in results]))
        elif name == "products":
            texts.append(table(list(map(product_row, results))))
        elif name == "lengths":
            texts.append(table([{"tokens a text": result["max_tokens"], **speed(result)} for result in results]))
        elif name == "sizes":
            powers = [spread(exponents(results, seconds), ".3f") for seconds in ("wall_seconds", "cpu_seconds")]
            about = "Time grows with the number of examples to the power of {}; CPU time: {}."
            texts.insert(0, about.format(*powers))
            epochs = [{"examples": f"{one['examples']:,}", "epoch, s": spread(one["wall_seconds"])} for one in results]
            texts.append(table([row | speed(result) for row, result in zip(epochs, results, strict=True)]))
        else:
            texts += map(profile_section, results)
        written[name] = "\n\n".join(texts)
    return written


def rates(result: Result, count: str, seconds: str = "wall_seconds") -> list[float]:
    """How many of `count` (`examples`, `tokens`, ...) a second, round by round."""
    return [result[count] / one for one in result[seconds]]


def ratios(ours: Sequence[float], other: Sequence[float]) -> list[float]:
    """How many times as much the other is, round by round."""
    return list(np.divide(other, ours))


def exponents(results: Sequence[Result], seconds: str = "wall_seconds") -> list[float]:
    """The slope of log time over log examples, round by round; 1 if time grows as the examples do."""
    examples, rounds = np.log([one["examples"] for one in results]), np.log([one[seconds] for one in results])
    return [float(slope) for slope in np.polyfit(examples, rounds, 1)[0]]


def goals(found: Mapping[str, Any]) -> list[Row]:
    """A row for each goal of the parts that were measured; the median decides."""
    reached: list[tuple[str, float, float, str, Sequence[float]]] = []  # name, least, most, form, values
    by_name = {(one["workload"], one["contender"]): one["wall_seconds"] for one in found.get("contenders", [])}
    wanted = [(data, "ours", "keras_nlp", goal) for data, goal in PADDED_GOALS.items()]
    wanted += [(data, *goal) for goal in TORCH_GOALS for data in PADDED_GOALS]
    for data, ours, other, goal in wanted:
        if {(data, ours), (data, other)} <= by_name.keys():
            values = ratios(by_name[data, ours], by_name[data, other])
            reached.append((f"{data}: `{ours}`, times as fast as `{other}`", goal, np.inf, ".2f", values))
    for one in found.get("products", []):
        if one["width"] == PEAK_WIDTH:
            name = f"{one['data']}: share of the float32 peak at width {PEAK_WIDTH} in {one['precision']}"
            reached.append((name, PEAK_GOAL, np.inf, ".0%", ratios(one["peak"], rates(one, "operations"))))
    if "sizes" in found:
        reached.append(("exponent of time over examples", *EXPONENT_GOAL, ".3f", exponents(found["sizes"])))
    rows = []
    for name, least, most, form, values in reached:
        aim = f"≥ {least:{form}}" if most == np.inf else f"{least}–{most}"
        verdict = "met" if least <= median(values) <= most else "**missed**"
        rows.append({"goal": name, "aimed at": aim, "reached": spread(values, form), "verdict": verdict})
    return rows


def workload_line(result: Result) -> str:
    """What a round goes through."""
    padding, fully = (result[name] / result["tokens"] - 1 for name in ("padded_tokens", "fully_padded_tokens"))
    return (
        f"{result['workload']}: a round of {result['steps']} steps with {result['batch_size']} examples each, "
        f"{result['tokens'] / result['examples']:.1f} tokens a text; padding adds {padding:.0%} in batches of like "
        f"length, {fully:.0%} up to {result['max_tokens']} tokens; vocabulary {result['vocabulary_size']:,}"
    )


def speed(result: Result) -> Row:
    """The columns of all tables of speed."""
    row: Row = {"examples/s": spread(rates(result, "examples"), ",.0f")}
    others = (("tokens/s", "wall_seconds"), ("examples/CPU s", "cpu_seconds"), ("tokens/CPU s", "cpu_seconds"))
    for name, seconds in others:
        row[name] = f"{median(rates(result, name.partition('/')[0], seconds)):,.0f}"
    return row | {"ms a step": f"{step_milliseconds(result):.1f}"}


def step_milliseconds(result: Result) -> float:
    return 1000 * median(result["wall_seconds"]) / result["steps"]


def contender_row(result: Result, ours: Result | None) -> Row:
    row = {"data": result["workload"], "contender": f"`{result['contender']}`", **speed(result)}
    row["first step, s"] = f"{result['first_step_seconds']:.1f}"
    if ours:
        for name, seconds in (("ours is x times as fast", "wall_seconds"), ("in CPU time", "cpu_seconds")):
            row[name] = 1 if result is ours else spread(ratios(ours[seconds], result[seconds]))
    return row


def product_row(result: Result) -> Row:
    return {
        **{name: result[name] for name in ("data", "width", "precision")},
        "GFLOP a step": f"{result['operations'] / result['steps'] / 1e9:.2f}",
        "ms a step": f"{step_milliseconds(result):.1f}",
        "GFLOP/s": f"{median(rates(result, 'operations')) / 1e9:.1f}",
        "peak, GFLOP/s": spread([peak / 1e9 for peak in result["peak"]], ".0f"),
        "share of the float32 peak": spread(ratios(result["peak"], rates(result, "operations")), ".0%"),
    }


def profile_section(result: Result) -> str:
    """Tables by part and by operation."""
    about = f"A step took {step_milliseconds(result):.1f} ms, under the profiler {result['milliseconds']:.1f} ms."
    texts = [f"### {result['workload']}", about]
    for kind in ("part", "operation"):
        total, rows = sum(entry["milliseconds"] for entry in result[f"{kind}s"]), []
        for entry in result[f"{kind}s"][:LINES_OF_A_PROFILE]:
            took, share = entry["milliseconds"], entry["milliseconds"] / total
            runs = f"{entry['runs']:,.1f}"
            rows.append({kind: entry["name"], "runs a step": runs, "ms a step": f"{took:.2f}", "share": f"{share:.1%}"})
        texts.append(table(rows))
    return "\n\n".join(texts)


def bars(results: Sequence[Result]) -> Figure:
    """A panel for each data set, a bar for each contender at the median of its rounds; lines from worst to best."""
    data = list(dict.fromkeys(result["workload"] for result in results))
    colours = dict(zip(dict.fromkeys(result["contender"] for result in results), COLOURS, strict=False))
    with canvas(9.6, 3.6, columns=len(data), squeeze=False) as (figure, grid):
        for axes, name in zip(grid[0], data, strict=True):
            shown = [result for result in results if result["workload"] == name]
            for place, result in enumerate(shown):
                rounds, middle = rates(result, "examples"), median(rates(result, "examples"))
                axes.bar(place, middle, width=0.75, color=colours[result["contender"]])
                ends = [[middle - min(rounds)], [max(rounds) - middle]]
                axes.errorbar(place, middle, ends, fmt="none", ecolor=INK, elinewidth=1, capsize=2)
                above = {"xytext": (0, 3), "textcoords": "offset points", "ha": "center", "fontsize": 8}
                axes.annotate(f"{middle:,.0f}", (place, max(rounds)), **above)
            axes.set_xticks(range(len(shown)), [one["contender"].replace("_", "\n") for one in shown], color=GREY)
            axes.grid(axis="x", visible=False)
            axes.margins(y=0.12)
            axes.yaxis.set_major_formatter("{x:,.0f}")
            axes.set_title(name)
        grid[0][0].set_ylabel("examples a second")
    return figure
