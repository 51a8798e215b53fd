"""Time and memory of every attention mechanism by the number of tokens, ours and the official ones side by side.

    python benchmarks/attention.py [--rounds 7] [--tokens 32 64 128] [--mechanisms multi_head keras_multi_head]

Each mechanism lives in a process of its own; they are measured in turn, round by round, at each length. Every batch has
as many tokens, so seconds a text are the batch's divided by its texts. Writes docs/attention.md and its picture.
"""

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from attention_speed.mechanisms import MECHANISMS, TOKENS_OF_A_BATCH, needed_bytes
from attention_speed.page import page, picture
from attention_speed.worker import measure, measure_classifier, memory, prepare
from training_speed.machine import ROOT, machine

TOKENS = (32, 64, 128, 256, 512, 1024, 2048)
MOST_BYTES = 8e9  # a mechanism that would need more at some length is not run there


def main() -> None:
    """Measures what is asked for, keeps the figures as JSON and writes the page."""
    options = arguments()
    options.output.mkdir(parents=True, exist_ok=True)
    results = options.output / "results.json"
    if not options.page_only:
        command = f"python benchmarks/attention.py --rounds {options.rounds}"
        found = {"machine": machine(command), "results": with_memory(by_length(options))}
        found["classifier"] = classifier_memory()
        results.write_text(json.dumps(found, indent=1))
    found = json.loads(results.read_text())
    (options.docs / "pictures").mkdir(parents=True, exist_ok=True)
    (options.docs / "attention.md").write_text(page(found))
    picture(found["results"]).savefig(options.docs / "pictures" / "attention_speed.png")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, nargs="+", default=TOKENS)
    parser.add_argument("--mechanisms", nargs="+", default=list(MECHANISMS), choices=list(MECHANISMS))
    parser.add_argument("--page-only", action="store_true", help="write the page of what was measured before")
    parser.add_argument("--output", type=Path, default=ROOT / "outputs" / "attention_speed")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    return parser.parse_args()


def by_length(options: argparse.Namespace) -> list[dict[str, Any]]:
    """One entry a mechanism and length: seconds of each round, training and inference."""
    entries = []
    pools = {name: ProcessPoolExecutor(1, get_context("spawn")) for name in options.mechanisms}
    for tokens in options.tokens:
        running = [name for name in pools if needed_bytes(name, tokens) <= MOST_BYTES]
        entry = {name: pools[name].submit(prepare, name, tokens).result() for name in running}
        for _ in range(options.rounds):
            for name in running:
                seconds = pools[name].submit(measure).result()
                for part, one in seconds.items():
                    entry[name]["seconds"][part].append(one)
        for name in running:
            entries.append({"mechanism": name, "tokens": tokens, **entry[name]})
            print(tokens, name, {part: round(1e3 * min(all_), 2) for part, all_ in entry[name]["seconds"].items()})
    for pool in pools.values():
        pool.shutdown()
    texts = {tokens: TOKENS_OF_A_BATCH // tokens for tokens in options.tokens}
    return [{**entry, "texts": texts[entry["tokens"]]} for entry in entries]


def with_memory(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries and what a step takes in memory, measured in other processes, whose large arrays go back at once.

    oneDNN is off in these, since its allocator keeps what it once had.
    """
    returning = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536", "TF_ENABLE_ONEDNN_OPTS": "0"}
    os.environ.update(returning)
    try:
        for name in dict.fromkeys(entry["mechanism"] for entry in entries):
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                for entry in entries:
                    if entry["mechanism"] == name:
                        entry["bytes"] = pool.submit(memory, name, entry["tokens"]).result()
    finally:
        for key in returning:
            del os.environ[key]
    return entries


def classifier_memory() -> dict[str, float]:
    """Peak of memory, in bytes, of the process that trains a whole classifier on texts of 512 tokens, 32 a batch."""
    found = {}
    for name in ("additive", "multi_head"):
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            found[name] = pool.submit(measure_classifier, name).result()
    return found


if __name__ == "__main__":
    main()
