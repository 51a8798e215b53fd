"""The blocks of docs/attention.md and its log-log picture."""

import statistics
from collections.abc import Mapping
from typing import Any

import numpy as np
from harness.markdown import spread, table
from matplotlib.figure import Figure

from attention_speed.mechanisms import OFFICIAL, TOKENS_OF_A_BATCH
from classifier.drawing.style import COLOURS, canvas

Rounds = Mapping[str, Mapping[int, Mapping[str, Any]]]  # by mechanism, tokens and part: seconds of each round

PARTS = ("training", "inference")
LONG = 256  # tokens from which on the exponent is fitted: below, the cost of starting an operation hides it


def blocks(seconds: Rounds, peaks: Rounds, whole: Mapping[str, float], measured: str) -> dict[str, str]:
    """By the name of the block."""
    found = {"attention": measured, "official": table(ratio_rows(seconds))}
    for part in PARTS:
        times = by_length(seconds, part, 1e3, lambda rounds: statistics.median(rounds))
        exponents = {name: f"{exponent(of_name, part):.2f}" for name, of_name in seconds.items()}
        found[f"milliseconds {part}"] = table([{**row, "exponent": exponents[str(row["mechanism"])]} for row in times])
        found[f"megabytes {part}"] = table(by_length(peaks, part, 1e-6, float))
    sizes = ", ".join(f"{name} {size / 1e9:.2f} GB" for name, size in whole.items())
    texts = "A whole classifier of two blocks, trained on texts of 512 tokens, 32 a batch"
    found["classifier"] = f"{texts}, peaks at: {sizes}."
    return found


def lengths(found: Rounds) -> list[int]:
    return sorted({tokens for of_name in found.values() for tokens in of_name})


def by_length(found: Rounds, part: str, scale: float, middle: Any) -> list[dict[str, object]]:
    """A row for each mechanism, a column for each length; values are for one text."""
    rows = []
    for name, of_name in found.items():
        row: dict[str, object] = {"mechanism": name}
        for tokens in lengths(found):
            texts = TOKENS_OF_A_BATCH // tokens
            row[str(tokens)] = f"{scale * middle(of_name[tokens][part]) / texts:.3g}" if tokens in of_name else "–"
        rows.append(row)
    return rows


def exponent(of_name: Mapping[int, Any], part: str) -> float:
    """Slope of log seconds of a text over log tokens among the long texts; NaN if there are fewer than two lengths."""
    long = {tokens: tokens * statistics.median(one[part]) for tokens, one in of_name.items() if tokens >= LONG}
    return float(np.polyfit(np.log([*long]), np.log([*long.values()]), 1)[0]) if len(long) > 1 else float("nan")


def ratio_rows(seconds: Rounds) -> list[dict[str, object]]:
    """A row for each pair and part: ours divided by the official one at each length, round by round."""
    rows = []
    for name, official in OFFICIAL.items():
        ours, theirs = seconds.get(name, {}), seconds.get(official, {})
        for part in PARTS:
            row: dict[str, object] = {"ours / official": f"{name}, {part}"}
            for tokens in lengths(seconds):
                both = tokens in ours and tokens in theirs
                pairs = zip(ours[tokens][part], theirs[tokens][part], strict=True) if both else []
                row[str(tokens)] = spread([one / other for one, other in pairs]) if both else "–"
            rows.append(row)
    return rows


def picture(seconds: Rounds) -> Figure:
    """Milliseconds a text by tokens, both axes logarithmic: official ones dashed in the colour of ours."""
    own = {official: name for name, official in OFFICIAL.items()}
    places = {name: number for number, name in enumerate(name for name in seconds if name not in own)}
    with canvas(11, 4.6, columns=2, sharey=True) as (figure, axes):
        for axis, part in zip(axes, PARTS, strict=True):
            for name, of_name in seconds.items():
                place = places.get(own.get(name, name), 0)
                axis.loglog(
                    [*of_name],
                    [
                        1e3 * tokens * statistics.median(one[part]) / TOKENS_OF_A_BATCH
                        for tokens, one in of_name.items()
                    ],
                    "--" if name in own else "-",
                    color=COLOURS[place % len(COLOURS)],
                    marker="o" if place < len(COLOURS) else "s",
                    markersize=3,
                    linewidth=1.2,
                    label=f"{name} ({exponent(of_name, 'training'):.2f})",
                )
            axis.set_xticks(lengths(seconds), list(map(str, lengths(seconds))))
            axis.minorticks_off()
            axis.set(xlabel="tokens", title=part)
        axes[0].set_ylabel("milliseconds a text")
        handles, labels = axes[0].get_legend_handles_labels()
        place = {"loc": "outside right center", "title": "exponent in training"}
        figure.legend(handles, labels, fontsize=8, frameon=False, **place)
    return figure
