"""Speed of a training step: this project against keras-nlp, PyTorch and JAX, and against the machine itself.

    CLASSIFIER_DATA=<folder> python benchmarks/training.py [--profile] [--lengths] [--sizes]
    python benchmarks/training.py --only --profile       # one part again; the others stay as they were measured
    python benchmarks/training.py --only --contenders ours torch
    python benchmarks/training.py --only                 # nothing: only writes tables and picture anew

Every contender trains the same network on the same examples, in a process of its own that sleeps while another works;
rounds go over the contenders in turn, and the tables show medians. Without CLASSIFIER_DATA the texts are drawn, with
lengths like those of the data sets. It writes docs/training_speed.md, docs/pictures/training_speed.png, and the raw
seconds of each round as JSON into the output folder. PyTorch and JAX come with `pip install -e ".[bench]"`; what is
missing is left out. The machine should have nothing else to do.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from training_speed import measuring
from training_speed.contenders import CONTENDERS
from training_speed.machine import ROOT, machine
from training_speed.measuring import LENGTHS, SIZES, Plan, Results
from training_speed.report import tables

PARTS = ("contenders", "products", "lengths", "sizes", "profile")
ROUNDS = 5
PICTURE = """\
![Examples a second by contender](pictures/training_speed.png)

Bars show the median, lines the range from the slowest to the fastest round.
"""
WIDTH = 160  # of the tables, in characters, where the output is no terminal


def main() -> None:
    """Measures the parts that are asked for, then writes all that have ever been measured into the output folder."""
    options = parsed()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    say = partial(console.print, highlight=False, markup=False)
    plan = Plan(options.rounds, options.steps, options.output, say)
    options.output.mkdir(parents=True, exist_ok=True)
    for name, measure in chosen(plan, options).items():
        console.rule(name)
        part = {"machine": machine(command(options)), "results": measure()}
        (options.output / f"{name}.json").write_text(json.dumps(part, indent=1) + "\n")
    paths = {name: options.output / f"{name}.json" for name in PARTS}
    parts = {name: json.loads(path.read_text()) for name, path in paths.items() if path.exists()}
    for table in tables(parts):
        console.print(table.rich())
    write(options.docs, parts)


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contenders", nargs="*", choices=list(CONTENDERS), help="to compare; without names all")
    parser.add_argument("--products", action="store_true", help="how near matrix products come to the machine's peak")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--steps", type=int, help="of a round; without it 60, for imdb 20")
    parser.add_argument("--only", action="store_true", help="no contenders, no products unless asked for")
    parser.add_argument("--profile", action="store_true", help="where the time of a step goes")
    parser.add_argument("--lengths", type=int, nargs="*", help=f"speed by tokens of a text; without numbers {LENGTHS}")
    parser.add_argument("--sizes", type=int, nargs="*", help=f"epoch by examples; without numbers {SIZES}")
    parser.add_argument("--output", type=Path, default=ROOT / "outputs" / "training_speed")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="folder of the page and its pictures/")
    return parser.parse_args()


def chosen(plan: Plan, options: argparse.Namespace) -> dict[str, Callable[[], Results]]:
    """The parts to measure, each with what measures it."""
    parts: dict[str, Callable[[], Results]] = {}
    if not options.only or options.contenders is not None:
        names = measuring.installed(plan, options.contenders or list(CONTENDERS))
        parts["contenders"] = lambda: measuring.compare(plan, names)
    if not options.only or options.products:
        parts["products"] = lambda: measuring.matrix_products(plan)
    if options.lengths is not None:
        parts["lengths"] = lambda: measuring.by_length(plan, options.lengths or LENGTHS)
    if options.sizes is not None:
        parts["sizes"] = lambda: measuring.by_size(plan, options.sizes or SIZES)
    if options.profile:
        parts["profile"] = lambda: measuring.profiles(plan)
    return parts


def command(options: argparse.Namespace) -> str:
    """What was typed, without the folders."""
    typed = ["CLASSIFIER_DATA=<folder>"] if os.environ.get("CLASSIFIER_DATA") else []
    typed += ["python benchmarks/training.py"]
    typed += [f"--rounds {options.rounds}"] if options.rounds != ROUNDS else []
    typed += [f"--steps {options.steps}"] if options.steps else []
    typed += [f"--{name}" for name in ("only", "products", "profile") if getattr(options, name)]
    for name in ("contenders", "lengths", "sizes"):
        values = getattr(options, name)
        typed += [] if values is None else [f"--{name}", *map(str, values)]
    return " ".join(typed)


def write(docs: Path, parts: dict[str, Any]) -> None:
    """The page and its picture."""
    (docs / "pictures").mkdir(parents=True, exist_ok=True)
    sections = [table.markdown() for table in tables(parts)]
    if "contenders" in parts:
        from training_speed.picture import bars

        bars(parts["contenders"]["results"]).savefig(docs / "pictures" / "training_speed.png")
        sections.insert(1, PICTURE)
    about = (
        "How fast a training step is, against the same network from other libraries and against the machine. "
        "`benchmarks/training.py` measures it and writes this page."
    )
    (docs / "training_speed.md").write_text("\n".join(["# Training speed", "", about, "", *sections]))


if __name__ == "__main__":
    main()
