"""Time and memory of every attention mechanism by the number of tokens, ours and the official ones side by side.

    python benchmarks/attention.py [--rounds 7] [--tokens 32 64 128] [--mechanisms multi_head keras_multi_head]

The mechanisms are measured in turn, round by round, at each length. Every batch has as many tokens, so seconds a text
are the batch's divided by its texts. Each length, and the memory of each mechanism, has a result.json in the output
folder and is not measured again. Writes the marked blocks of docs/attention.md, and docs/pictures/attention_speed.png.
"""

import argparse
from contextlib import ExitStack
from functools import partial
from typing import Any

from attention_speed.mechanisms import MECHANISMS, fits
from attention_speed.page import blocks, picture
from harness.machine import in_a_line
from harness.markdown import write_blocks
from harness.project import door
from harness.results import kept
from harness.workers import Worker, by_part, in_turn

RETURNING = {  # large arrays go back to the system at once; oneDNN is off, as its allocator keeps what it once had
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}


def main() -> None:
    parser = door(__doc__, "attention_speed")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 64, 128, 256, 512, 1024, 2048])
    parser.add_argument("--mechanisms", nargs="+", default=list(MECHANISMS), choices=MECHANISMS)
    options = parser.parse_args()
    times = by_length(options)
    peaks = {name: by_mechanism(options, name) for name in options.mechanisms}
    whole = {name: classifier(options, name) for name in ("additive", "multi_head")}
    seconds = {
        name: {tokens: result["found"][name] for tokens, result in times.items() if name in result["found"]}
        for name in options.mechanisms
    }
    memory = {name: {int(tokens): one for tokens, one in result["found"].items()} for name, result in peaks.items()}
    measured = in_a_line([one["machine"] for one in (*times.values(), *peaks.values(), *whole.values())])
    written = blocks(seconds, memory, {name: one["found"] for name, one in whole.items()}, measured)
    write_blocks(options.docs / "attention.md", written)
    picture(seconds).savefig(options.docs / "pictures" / "attention_speed.png")


def by_length(options: argparse.Namespace) -> dict[int, dict[str, Any]]:
    """The seconds of each round, by mechanism and part."""
    with ExitStack() as stack:
        target, log = "attention_speed.mechanisms:Mechanism", options.output / "logs"
        workers = {
            name: stack.enter_context(Worker(name, target, name, log=log / f"{name}.log"))
            for name in options.mechanisms
        }

        def measure(tokens: int) -> dict[str, dict[str, list[float]]]:
            names = [name for name in workers if fits(name, tokens)]
            ready = in_turn({name: partial(workers[name].ask, "prepare", tokens=tokens) for name in names})
            rounds = in_turn({name: partial(workers[name].ask, "measure") for name in ready}, options.rounds)
            return {name: by_part(found) for name, found in rounds.items()}

        depends = {"rounds": options.rounds, "mechanisms": options.mechanisms}
        return {
            tokens: kept(options.output / f"{tokens} tokens", depends, partial(measure, tokens))
            for tokens in options.tokens
        }


def by_mechanism(options: argparse.Namespace, name: str) -> dict[str, Any]:
    """What a step takes in memory, by length, in a process of its own."""
    folder = options.output / f"memory of {name}"

    def measure() -> dict[int, dict[str, float]]:
        target = "attention_speed.mechanisms:Mechanism"
        with Worker(name, target, name, log=folder / "log.txt", environment=RETURNING) as worker:
            return {tokens: worker.ask("memory", tokens=tokens) for tokens in options.tokens if fits(name, tokens)}

    return kept(folder, {"tokens": options.tokens}, measure)


def classifier(options: argparse.Namespace, name: str) -> dict[str, Any]:
    """The peak of memory of a process that trains a whole classifier."""
    folder = options.output / f"classifier with {name}"

    def measure() -> float:
        with Worker(name, "attention_speed.mechanisms", log=folder / "log.txt") as worker:
            return worker.ask("classifier_memory", name=name)

    return kept(folder, {}, measure)


if __name__ == "__main__":
    main()
