"""Accuracy and time of a pretrained encoder and of what is trained of it, next to the default encoder.

    CLASSIFIER_DATA=<folder> python benchmarks/pretrained.py [--data trec6 sst2 ...] [--methods minilm ...]

needs the weights of MiniLM (docs/pretrained.md) and writes the marked block of docs/pretrained.md. Each training is a
process of its own, one after the other; what has a result.json in the output folder is not measured again.
"""

import shutil
import sys
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from comparison.cases import training
from harness.machine import in_a_line
from harness.markdown import table, write_blocks
from harness.project import door
from harness.results import kept
from harness.workers import Failed

WHOLE = ("sst2", "sst2_phrases", "trec6", "banking77", "clinc150", "imdb", "embedded")
FEW = [(name, shots) for name in ("banking77", "clinc150") for shots in (10, 5)]  # texts of each class
DATA = {name: [f"data={name}"] for name in WHOLE} | {
    f"{name}_{shots}": [
        *("data=files", f"data.name={name}_{shots}"),
        f"data.train=${{data.root}}/{name}_few/train_{shots}.jsonl",
        f"data.test=${{data.root}}/{name}_few/test.jsonl",
    ]
    for name, shots in FEW
}
METHODS = {
    "default": [],
    "minilm": ["encoder=minilm"],
    "minilm_lora": ["encoder=minilm", "encoder.tune=lora", "optimizer.learning_rate=0.001"],
    "minilm_top": ["encoder=minilm", "encoder.tune=top"],
    "minilm_frozen": ["encoder=minilm", "encoder.tune=frozen", "optimizer.learning_rate=0.002"],
}
LONG = {"imdb": ["tokenizer.max_tokens=256"]}  # reviews


def main() -> None:
    """Measures what is missing, then writes the table; exit code 1 if something failed."""
    parser = door(__doc__, "pretrained")
    for name, values in (("--data", list(DATA)), ("--methods", list(METHODS))):
        parser.add_argument(name, nargs="*", default=values, choices=values, metavar="NAME", help=", ".join(values))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    failed, results = False, {}
    for seed in options.seeds:
        for data in options.data:
            for method in options.methods:
                place = options.output / data / f"{method}-{seed}"
                settings = [*DATA[data], f"seed={seed}", *METHODS[method], *LONG.get(data, [])]
                try:
                    results[data, method, seed] = kept(
                        place, {"settings": settings}, partial(measure, settings, place.absolute(), options.output)
                    )
                    print(f"{place}: {results[data, method, seed]['found']}", flush=True)
                except Failed as error:
                    failed = True
                    print(f"{place}: {error}", file=sys.stderr, flush=True)
    if results:
        facts = in_a_line([one["machine"] for one in results.values()])
        block = f"{table(rows(results))}\n\n{facts}"
        write_blocks(options.docs / "pretrained.md", {"pretrained": block})
    sys.exit(failed)


def measure(settings: list[str], folder: Path, output: Path) -> dict[str, Any]:
    """A training from nothing; its model, which is large, is not kept."""
    shutil.rmtree(folder, ignore_errors=True)
    found = training(settings, folder, output)
    shutil.rmtree(folder / "run" / "model")
    return found


def rows(results: dict[tuple[str, str, int], dict[str, Any]]) -> list[dict[str, str]]:
    """A row for each data set: test accuracy of each method, mean and standard deviation, and minutes of a training."""
    found = []
    for data in dict.fromkeys(name for name, _, _ in results):
        row = {"data": data}
        for method in METHODS:
            measured = [one["found"] for (name, kind, _), one in results.items() if (name, kind) == (data, method)]
            if measured:
                accuracies = [one["accuracy"]["test"] for one in measured]
                deviation = f" ± {stdev(accuracies):.3f}" if accuracies[1:] else ""
                minutes = mean(one["wall_seconds"] for one in measured) / 60
                row[method.replace("_", ", ")] = f"{mean(accuracies):.3f}{deviation} ({minutes:.1f} min)"
        found.append(row)
    return found


if __name__ == "__main__":
    main()
