"""Rows a second of each contender, what its time goes into, and how the goals fare, in Markdown."""

from collections.abc import Mapping, Sequence
from statistics import median

PARTS = ("reading", "tokenising", "computing", "writing")
Rounds = Sequence[Mapping[str, float]]  # of a contender: seconds by part


def table(words: int, rows: int, found: Mapping[str, Rounds]) -> str:
    """One line a contender; medians over the rounds."""
    lines = [
        f"\n{words} words, {rows:,} rows, median of {max(map(len, found.values()))} rounds\n",
        "| contender | rows/s | lowest to highest | reading | tokenising | computing | writing |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for contender, rounds in found.items():
        rates = sorted(rows / one["all"] for one in rounds)
        shares = " | ".join(share(rounds, part) for part in PARTS)
        lines.append(f"| {contender} | {median(rates):,.0f} | {rates[0]:,.0f} to {rates[-1]:,.0f} | {shares} |")
    return "\n".join([*lines, *goals(found)])


def share(rounds: Rounds, part: str) -> str:
    """Of all the time; nothing where the contender does not tell it apart."""
    return f"{median(one[part] / one['all'] for one in rounds):.0%}" if part in rounds[0] else ""


def goals(found: Mapping[str, Rounds]) -> list[str]:
    """How many times the rate of others ours is, round by round, so that what slows all of them hardly counts."""
    lines = [""]
    for other, part in (("Hugging Face pipeline", "all"), ("ONNX Runtime", "computing"), ("ours on Spark", "all")):
        if "ours" in found and other in found:
            ratios = [theirs[part] / own[part] for own, theirs in zip(found["ours"], found[other], strict=True)]
            what = "in all" if part == "all" else "in computing alone, where ours tokenises as well"
            lines.append(f"ours / {other}, {what}: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    return lines if len(lines) > 1 else []
