"""The measurements as a page of tables and a log-log picture."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attention_speed.mechanisms import HEADS, OFFICIAL, TOKENS_OF_A_BATCH, WIDTH
from matplotlib.figure import Figure
from training_speed.machine import in_a_line
from training_speed.rates import middle_and_range

from classifier.drawing.style import COLOURS, canvas

Entry = Mapping[str, Any]
LONG = 256  # tokens from which on the exponent is fitted: below, the cost of starting an operation hides it
NOTES = f"""Self-attention of width {WIDTH} (`multi_head`, `rotary`, `local` and the blocks in {HEADS} heads, `local`
with a window of 32), forwards and backwards (training) and forwards alone (inference), float32, with a mask. A batch
has {TOKENS_OF_A_BATCH:,} tokens; the values here are for one text. `block` is the whole encoder block with multi-head
attention, `keras_nlp_block` is keras-nlp's. Values are medians of the rounds. The exponent is the slope of log time
over log tokens from {LONG} tokens on. A dash means that the measurement would need more than 8 GB."""


def page(found: Mapping[str, Any]) -> str:
    """docs/attention.md."""
    entries = found["results"]
    sections = ["# The cost of attention", NOTES]
    for part in ("training", "inference"):
        sections += [
            f"## Milliseconds a text, {part}",
            table(entries, lambda one, part=part: milliseconds(one, part), part),
        ]
    sections += ["![Time by tokens](pictures/attention_speed.png)"]
    sections += ["## Ours against the official implementation", RATIOS, ratios(entries)]
    sections += ["## Memory", MEMORY]
    for part in ("training", "inference"):
        sections += [f"### Megabytes a text, {part}", table(entries, lambda one, part=part: megabytes(one, part))]
    whole = ", ".join(f"{name} {size / 1e9:.2f} GB" for name, size in found["classifier"].items())
    sections += [f"A whole classifier of two blocks, trained on texts of 512 tokens, 32 a batch, peaks at: {whole}."]
    return "\n\n".join([*sections, in_a_line(found["machine"])]) + "\n"


RATIOS = """Seconds of ours divided by those of the official layer, round by round: median and range. Below 1 ours is
faster. `keras_concat` is a cheaper function: its v is a single number, while equation 8 of Luong et al. has a number
for each unit, so neither its scores nor their gradients need a product with v."""


MEMORY = """The peak memory of a step minus the memory before it, divided by the number of texts in the batch. It is the
resident memory of a process that frees large arrays immediately (without oneDNN, whose allocator would keep them)."""


def megabytes(entry: Entry, part: str) -> str:
    return f"{entry['bytes'][part] / entry['texts'] / 1e6:.3g}"


def milliseconds(entry: Entry, part: str) -> str:
    return f"{1e3 * seconds(entry, part):.3g}"


def seconds(entry: Entry, part: str) -> float:
    """Of one text, the median of the rounds."""
    return statistics.median(entry["seconds"][part]) / entry["texts"]


def table(entries: Sequence[Entry], cell: Callable[[Entry], str], part: str | None = None) -> str:
    """A row for each mechanism, a column for each length, and the exponent where there is a part."""
    tokens = sorted({entry["tokens"] for entry in entries})
    head = ["mechanism", *map(str, tokens), *(["exponent"] if part else [])]
    rows = []
    for name in dict.fromkeys(entry["mechanism"] for entry in entries):
        cells = {entry["tokens"]: cell(entry) for entry in entries if entry["mechanism"] == name}
        slope = [f"{exponent(entries, name, part):.2f}"] if part else []
        rows.append([name, *(cells.get(one, "–") for one in tokens), *slope])
    return markdown(head, rows)


def exponent(entries: Sequence[Entry], name: str, part: str) -> float:
    """Slope of log seconds over log tokens among the long texts; NaN where there are fewer than two lengths."""
    long = [entry for entry in entries if entry["mechanism"] == name and entry["tokens"] >= LONG]
    if len(long) < 2:
        return float("nan")
    tokens, times = [entry["tokens"] for entry in long], [seconds(entry, part) for entry in long]
    return float(np.polyfit(np.log(tokens), np.log(times), 1)[0])


def ratios(entries: Sequence[Entry]) -> str:
    """A row for each pair and part: ours divided by the official one at each length."""
    by_key = {(entry["mechanism"], entry["tokens"]): entry for entry in entries}
    tokens, rows = sorted({entry["tokens"] for entry in entries}), []
    for ours, official in OFFICIAL.items():
        for part in ("training", "inference"):
            cells = []
            for one in tokens:
                mine, theirs = by_key.get((ours, one)), by_key.get((official, one))
                cells.append(middle_and_range(rounds(mine, theirs, part)) if mine and theirs else "–")
            rows.append([f"{ours}, {part}", *cells])
    return markdown(["ours / official", *map(str, tokens)], rows)


def rounds(mine: Entry, theirs: Entry, part: str) -> list[float]:
    return [one / other for one, other in zip(mine["seconds"][part], theirs["seconds"][part], strict=True)]


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def picture(entries: Sequence[Entry]) -> Figure:
    """Milliseconds a text by tokens, both axes logarithmic: official ones dashed in the colour of ours."""
    names = list(dict.fromkeys(entry["mechanism"] for entry in entries))
    ours = [name for name in names if name not in OFFICIAL.values()]
    places = {name: number for number, name in enumerate(ours)}
    with canvas(11, 4.6, columns=2, sharey=True) as (figure, axes):
        for axis, part in zip(axes, ("training", "inference"), strict=True):
            for name in names:
                mine = next((one for one, other in OFFICIAL.items() if other == name), name)
                line = [entry for entry in entries if entry["mechanism"] == name]
                axis.loglog(
                    [entry["tokens"] for entry in line],
                    [1e3 * seconds(entry, part) for entry in line],
                    "--" if name in OFFICIAL.values() else "-",
                    color=COLOURS[places.get(mine, 0) % len(COLOURS)],
                    marker="o" if places.get(mine, 0) < len(COLOURS) else "s",
                    markersize=3,
                    linewidth=1.2,
                    label=f"{name} ({exponent(entries, name, 'training'):.2f})",
                )
            tokens = sorted({entry["tokens"] for entry in entries})
            axis.set_xticks(tokens, [str(one) for one in tokens])
            axis.minorticks_off()
            axis.set_xlabel("tokens")
            axis.set_title(part)
        axes[0].set_ylabel("milliseconds a text")
        lines, labels = axes[0].get_legend_handles_labels()
        figure.legend(
            lines, labels, loc="outside right center", fontsize=8, frameon=False, title="exponent in training"
        )
    return figure
