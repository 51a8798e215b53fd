"""The measurements as tables, on the screen and in Markdown, with the goals they should reach."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rich.table

from training_speed.contenders import CONTENDERS
from training_speed.goals import goal_rows
from training_speed.machine import in_a_line
from training_speed.operations import step_operations
from training_speed.rates import SECONDS, Result, Results, exponents, middle_and_range, rate, shares, times_as_fast

Parts = Mapping[str, Mapping[str, Any]]  # by part: `machine` and `results`

LINES_OF_A_PROFILE = 25


@dataclass(frozen=True, slots=True)
class Table:
    """Cells, and a paragraph that says what they are."""

    title: str
    about: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def markdown(self) -> str:
        """A section with the paragraph and the table."""
        lines = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        cells = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return "\n\n".join(filter(None, [f"## {self.title}", self.about, cells])) + "\n"

    def rich(self) -> rich.table.Table:
        """The same for the screen."""
        table = rich.table.Table(*self.columns, title=self.title, title_justify="left")
        for row in self.rows:
            table.add_row(*row)
        return table


def tables(parts: Parts) -> list[Table]:
    """Those of the parts that were measured, after the goals."""
    makers = {
        "contenders": contenders_table,
        "products": products_table,
        "lengths": lengths_table,
        "sizes": sizes_table,
        "profile": profile_tables,
    }
    made = [goals_table(parts)]
    for name, maker in makers.items():
        if name in parts:
            found = maker(parts[name]["results"], in_a_line(parts[name]["machine"]))
            made += found if isinstance(found, list) else [found]
    return made


def contenders_table(results: Results, measured: str) -> Table:
    """A row for each data set and contender."""
    about = [
        "Tokens are real ones, without padding. Seconds are on the clock or, for `CPU`, of all cores together. "
        "The first step counts from the beginning of building the model, imports excluded.",
        *(f"* `{name}`: {CONTENDERS[name].does}" for name in dict.fromkeys(result["contender"] for result in results)),
        *(f"* {line}" for line in dict.fromkeys(workload_line(result) for result in results)),
    ]
    columns = ("data", "contender", "examples/s", "tokens/s", "examples/CPU s", "tokens/CPU s", "first step, s")
    ours = {result["workload"]: result for result in results if result["contender"] == "ours"}
    rows = [contender_row(result, ours.get(result["workload"])) for result in results]
    paragraph = "\n".join([about[0], "", *about[1:], "", measured])
    return Table("Contenders", paragraph, (*columns, "ours is x times as fast", "in CPU time"), rows)


def workload_line(result: Result) -> str:
    """What a round goes through."""
    padding = result["padded_tokens"] / result["tokens"] - 1
    fully = result["fully_padded_tokens"] / result["tokens"] - 1
    return (
        f"{result['workload']} ({result['source']}): a round of {result['steps']} steps with {result['batch_size']} "
        f"examples each, "
        f"{result['tokens'] / result['examples']:.1f} tokens a text; padding adds {padding:.0%} in batches of like "
        f"length, {fully:.0%} up to {result['max_tokens']} tokens; vocabulary {result['vocabulary_size']:,}"
    )


def contender_row(result: Result, ours: Result | None) -> tuple[str, ...]:
    """One line of the table of contenders."""
    ratios = [middle_and_range(times_as_fast(ours, result, kind)) if ours else "" for kind in SECONDS]
    return (
        result["workload"],
        f"`{result['contender']}`",
        middle_and_range([result["examples"] / seconds for seconds in result["wall_seconds"]], ",.0f"),
        f"{rate(result, 'tokens'):,.0f}",
        f"{rate(result, 'examples', 'cpu_seconds'):,.0f}",
        f"{rate(result, 'tokens', 'cpu_seconds'):,.0f}",
        f"{result['first_step_seconds']:.1f}",
        *(["1", "1"] if result["contender"] == "ours" else ratios),
    )


def products_table(results: Results, measured: str) -> Table:
    """A row for each data set and width."""
    formula = (step_operations.__doc__ or "").split("\n", 2)[2].rstrip().replace("\n    ", "\n").strip()
    about = (
        "The peak is that of products of two float32 matrices of 2048 x 2048 by TensorFlow, one on each core, measured "
        f"right before each round. Operations of a step:\n\n```text\n{formula}\n```\n\n{measured}"
    )
    rows = [
        (
            result["data"],
            str(result["width"]),
            result["precision"],
            f"{result['operations'] / result['steps'] / 1e9:.2f}",
            f"{1000 * statistics.median(result['wall_seconds']) / result['steps']:.1f}",
            f"{rate(result, 'operations') / 1e9:.1f}",
            middle_and_range([peak / 1e9 for peak in result["peak"]], ".0f"),
            middle_and_range(shares(result), ".0%"),
        )
        for result in results
    ]
    columns = (
        "data",
        "width",
        "precision",
        "GFLOP a step",
        "ms a step",
        "GFLOP/s",
        "peak, GFLOP/s",
        "share of the float32 peak",
    )
    return Table("Matrix products", about, columns, rows)


def lengths_table(results: Results, measured: str) -> Table:
    """A row for each length."""
    about = f"Ours on texts that are all of one length, vocabulary 30,000.\n\n{measured}"
    rows = [
        (
            str(result["max_tokens"]),
            middle_and_range([result["tokens"] / seconds for seconds in result["wall_seconds"]], ",.0f"),
            f"{rate(result, 'tokens', 'cpu_seconds'):,.0f}",
            f"{rate(result, 'examples'):,.0f}",
            f"{1000 * statistics.median(result['wall_seconds']) / result['steps']:.1f}",
        )
        for result in results
    ]
    return Table("Lengths", about, ("tokens a text", "tokens/s", "tokens/CPU s", "examples/s", "ms a step"), rows)


def sizes_table(results: Results, measured: str) -> Table:
    """A row for each number of examples."""
    about = (
        "The steps of an epoch of ours, after the warm-up; texts drawn with replacement from those of SST-2. Time "
        f"grows with the number of examples to the power of {middle_and_range(exponents(results), '.3f')}; CPU time: "
        f"{middle_and_range(exponents(results, 'cpu_seconds'), '.3f')}.\n\n{measured}"
    )
    rows = [
        (
            f"{result['examples']:,}",
            middle_and_range(result["wall_seconds"]),
            f"{statistics.median(result['cpu_seconds']):.2f}",
            f"{rate(result, 'examples'):,.0f}",
            f"{rate(result, 'tokens'):,.0f}",
        )
        for result in results
    ]
    return Table("Sizes", about, ("examples", "epoch, s", "epoch, CPU s", "examples/s", "tokens/s"), rows)


def profile_tables(results: Results, measured: str) -> list[Table]:
    """By part and by operation, for each data set."""
    return [profile_table(result, kind, measured) for result in results for kind in ("part", "operation")]


def profile_table(result: Result, kind: str, measured: str) -> Table:
    """A row for each part, or for each of the operations that took longest."""
    entries = result[f"{kind}s"]
    total = sum(entry["milliseconds"] for entry in entries)
    plain = 1000 * statistics.median(result["wall_seconds"]) / result["steps"]
    about = (
        f"A step took {plain:.1f} ms, under the profiler {result['milliseconds']:.1f} ms. Operations run side by "
        f"side, so their milliseconds may add up to more.\n\n{measured}"
    )
    rows = [
        (
            entry["name"],
            f"{entry['runs']:,.1f}",
            f"{entry['milliseconds']:.2f}",
            f"{entry['milliseconds'] / total:.1%}",
        )
        for entry in entries[:LINES_OF_A_PROFILE]
    ]
    title = f"Profile of {result['workload']}, by {kind}"
    return Table(title, about if kind == "part" else "", (kind, "runs a step", "ms a step", "share"), rows)


def goals_table(parts: Parts) -> Table:
    """A row for each goal."""
    about = "Medians of the rounds on the clock, in brackets the least and the greatest round; the median decides."
    return Table("Goals", about, ("goal", "aimed at", "reached", "verdict"), list(goal_rows(parts)))
