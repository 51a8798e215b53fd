"""Time and memory of every attention mechanism by the number of tokens, ours next to the official layers.

    python benchmarks/attention.py [--rounds 7] [--tokens 32 64 128] [--mechanisms multi_head keras_multi_head]

The mechanisms are measured in turn, round by round, at each length, on batches of equally many tokens. What has a
result.json in the output folder is not measured again. Writes the marked blocks of docs/attention.md, and
docs/pictures/attention_speed.png.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import product
from statistics import median
from typing import Any

import numpy as np
from attention_speed.mechanisms import MECHANISMS, OFFICIAL, TOKENS_OF_A_BATCH, fits
from harness.machine import in_a_line
from harness.markdown import spread, table, write_blocks
from harness.project import door
from harness.results import kept
from harness.workers import Worker, by_part, in_turn
from matplotlib.figure import Figure

from classifier.drawing.style import COLOURS, canvas

Found = Mapping[str, Mapping[int, Mapping[str, Any]]]  # by mechanism, tokens and part: of the rounds, or of a step

PARTS = ("training", "inference")
LONG = 256  # tokens from which on the exponent is fitted: below, the cost of starting an operation hides it
# Large arrays go back to the system at once; oneDNN is off, as its allocator keeps what it once had
RETURNING = {
    "TF_ENABLE_ONEDNN_OPTS": "0",
    **dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), "65536"),
}


def main() -> None:
    parser = door(__doc__, "attention_speed")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 64, 128, 256, 512, 1024, 2048])
    parser.add_argument("--mechanisms", nargs="+", default=list(MECHANISMS), choices=MECHANISMS)
    options = parser.parse_args()
    names, results = options.mechanisms, []

    def result(case: str, depends: Mapping[str, Any], measure: Callable[[], Any]) -> Any:
        results.append(kept(options.output / case, depends, measure))
        return results[-1]["found"]

    def worker(name: str, what: str, **environment: str) -> Worker:
        log = options.output / "logs" / f"{what} {name}.log"
        return Worker(name, "attention_speed.mechanisms:Mechanism", name, log=log, **environment)

    with ExitStack() as stack:
        workers = {name: stack.enter_context(worker(name, "time")) for name in names}

        def seconds_of(tokens: int) -> dict[str, dict[str, list[float]]]:
            prepare = {name: partial(workers[name].ask, "prepare", tokens=tokens) for name in names}
            ready = in_turn({name: job for name, job in prepare.items() if fits(name, tokens)})
            rounds = in_turn({name: partial(workers[name].ask, "measure") for name in ready}, options.rounds)
            return {name: by_part(found) for name, found in rounds.items()}

        depends = {"rounds": options.rounds, "mechanisms": names}
        times = {tokens: result(f"{tokens} tokens", depends, partial(seconds_of, tokens)) for tokens in options.tokens}

    memory, peaks = {}, {}
    for name in names:
        measure = partial(worker(name, "memory", **RETURNING).once, "memory", lengths=options.tokens)
        memory[name] = result(f"memory of {name}", {"tokens": options.tokens}, measure)
    for name in ("additive", "multi_head"):
        peaks[name] = result(f"peak with {name}", {}, partial(worker(name, "peak").once, "whole_classifier"))
    seconds = {name: {tokens: found[name] for tokens, found in times.items() if name in found} for name in names}
    memory = {name: {int(tokens): found for tokens, found in of_name.items()} for name, of_name in memory.items()}
    lengths, measured = options.tokens, in_a_line([one["machine"] for one in results])
    blocks = {"attention": measured, "official": table(ratio_rows(seconds, lengths))}
    for part in PARTS:
        times = by_length(seconds, lengths, lambda one, part=part: 1e3 * median(one[part]))
        exponents = {name: {"exponent": f"{exponent(of_name, part):.2f}"} for name, of_name in seconds.items()}
        blocks[f"milliseconds {part}"] = table([row | exponents[row["mechanism"]] for row in times])
        blocks[f"megabytes {part}"] = table(by_length(memory, lengths, lambda one, part=part: one[part] / 1e6))
    blocks["classifier"] = ", ".join(f"{name} {size / 1e9:.2f} GB" for name, size in peaks.items())
    write_blocks(options.docs / "attention.md", blocks)
    picture(seconds, lengths).savefig(options.docs / "pictures" / "attention_speed.png")


def by_length(found: Found, lengths: Sequence[int], value: Callable[[Any], float]) -> list[dict[str, str]]:
    """A row for each mechanism, a column for each length; values are for one text."""
    rows = []
    for name, of_name in found.items():
        values = {tokens: value(one) * tokens / TOKENS_OF_A_BATCH for tokens, one in of_name.items()}
        cells = {str(tokens): f"{values[tokens]:.3g}" if tokens in values else "–" for tokens in lengths}
        rows.append({"mechanism": name, **cells})
    return rows


def exponent(of_name: Mapping[int, Mapping[str, Any]], part: str) -> float:
    """Slope of log seconds of a text over log tokens among the long texts; NaN if there are fewer than two lengths."""
    long = {tokens: tokens * median(one[part]) for tokens, one in of_name.items() if tokens >= LONG}
    return float(np.polyfit(np.log([*long]), np.log([*long.values()]), 1)[0]) if len(long) > 1 else float("nan")


def ratio_rows(seconds: Found, lengths: Sequence[int]) -> list[dict[str, str]]:
    """A row for each pair and part: ours divided by the official one at each length, round by round."""
    rows = []
    for (name, official), part in product(OFFICIAL.items(), PARTS):
        ours, theirs = seconds.get(name, {}), seconds.get(official, {})
        row = {"ours / official": f"{name}, {part}"} | dict.fromkeys(map(str, lengths), "–")
        for tokens in ours.keys() & theirs.keys():
            row[str(tokens)] = spread(list(np.divide(ours[tokens][part], theirs[tokens][part])))
        rows.append(row)
    return rows


def picture(seconds: Found, lengths: Sequence[int]) -> Figure:
    """Milliseconds a text by tokens, both axes logarithmic; official layers are dashed, in the colour of ours."""
    own = {official: name for name, official in OFFICIAL.items()}
    places = {name: number for number, name in enumerate(name for name in seconds if name not in own)}
    with canvas(11, 4.6, columns=2, sharey=True) as (figure, axes):
        for axis, part in zip(axes, PARTS, strict=True):
            for name, of_name in seconds.items():
                place = places.get(own.get(name, name), 0)
                axis.loglog(
                    [*of_name],
                    [1e3 * tokens * median(one[part]) / TOKENS_OF_A_BATCH for tokens, one in of_name.items()],
                    "--" if name in own else "-",
                    color=COLOURS[place % len(COLOURS)],
                    marker="o" if place < len(COLOURS) else "s",
                    markersize=3,
                    linewidth=1.2,
                    label=f"{name} ({exponent(of_name, 'training'):.2f})",
                )
            axis.set_xticks(lengths, list(map(str, lengths)))
            axis.minorticks_off()
            axis.set(xlabel="tokens", title=part)
        axes[0].set_ylabel("milliseconds a text")
        handles, labels = axes[0].get_legend_handles_labels()
        title = "exponent in training"
        figure.legend(handles, labels, loc="outside right center", fontsize=8, frameon=False, title=title)
    return figure


if __name__ == "__main__":
    main()
