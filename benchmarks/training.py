"""Speed of a training step: this project against keras-nlp, PyTorch and JAX, and against the machine itself.

    CLASSIFIER_DATA=<folder> python benchmarks/training.py [--profile] [--lengths] [--sizes]
    python benchmarks/training.py --only --contenders ours torch
    python benchmarks/training.py --only                 # nothing: only writes the page and its picture

Every contender trains the same network on the same examples. A part has its result.json in the output folder; delete it
to measure the part again. Writes the marked blocks of docs/training_speed.md, and docs/pictures/training_speed.png.
PyTorch and JAX come with `pip install -e ".[bench]"`; what is missing is reported and left out.
"""

import argparse
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

from harness.markdown import write_blocks
from harness.project import door
from harness.results import kept, read
from harness.workers import Worker, by_part, in_turn
from training_speed import report
from training_speed.contenders import CONTENDERS
from training_speed.workloads import Workload, load_workload, of_length

Results = list[dict[str, Any]]  # of each contender and workload: counts, and the seconds of each round

PEAK_SIZE = 2048  # of the square matrices whose product shows the machine's peak
FEED_FORWARD_WIDTHS = {128: 512, 256: 1024}  # by width
PRECISIONS = ("float32", "auto")  # of trainer.precision
TOKENS_OF_A_ROUND = 131_072  # where all texts are of the same length
LENGTHS = [32, 64, 128, 256, 512]  # tokens of a text
SIZES = [1_000, 3_000, 10_000, 30_000, 60_000]  # examples of an epoch


def data_sets(options: argparse.Namespace, names: Sequence[str]) -> list[Workload]:
    """The data sets, encoded in a process of its own."""
    paths = {name: str(options.output / "workloads" / f"data set {name}") for name in names}
    for name, path in paths.items():
        log = options.output / "logs" / f"texts of {name}.log"
        Worker(name, "training_speed.workloads", log=log).once("save_data_set", name=name, path=path)
    return [replace(one, steps=options.steps or one.steps) for one in map(load_workload, paths.values())]


def measured(
    options: argparse.Namespace,
    workloads: Sequence[Workload],
    contenders: Sequence[str] = ("ours",),
    *,
    peak_of: int = 0,
    profiled: bool = False,
) -> Results:
    """Each contender on each workload, in turn, after all have been prepared; then the profile, if it is asked for."""
    with ExitStack() as stack:
        workers, prepare = {}, {}
        for name in contenders:
            target, log = "training_speed.contenders:Trainer", options.output / "logs" / f"{name}.log"
            workers[name] = stack.enter_context(Worker(name, target, name, log=log, **CONTENDERS[name][1]))
        for workload, name in product(workloads, contenders):
            path = options.output / "workloads" / f"{workload.name}, {name}"
            replace(workload, overrides=(*workload.overrides, *CONTENDERS[name][2])).save(path)
            prepare[name, workload.name] = partial(workers[name].ask, "prepare", path=str(path))

        def ask(method: str, keys: Iterable[tuple[str, str]], **details: Any) -> dict[tuple[str, str], Any]:
            return {(name, data): partial(workers[name].ask, method, name=data, **details) for name, data in keys}

        prepared = in_turn(prepare)
        rounds = in_turn(ask("measure", prepared, peak_of=peak_of), options.rounds)
        profiles = in_turn(ask("profile", rounds if profiled else ()))
    counts, results = {workload.name: workload.counts() for workload in workloads}, []
    for (name, data), seconds in rounds.items():
        about = {"contender": name, "workload": data, "first_step_seconds": prepared[name, data][0]}
        results.append(about | counts[data] | by_part(seconds) | profiles.get((name, data), [{}])[0])
    return results


def contenders(options: argparse.Namespace) -> Results:
    """The contenders on the data sets."""
    return measured(options, data_sets(options, options.data), options.contenders or list(CONTENDERS))


def products(options: argparse.Namespace) -> Results:
    """Floating-point operations of ours by width and precision, each round right after the machine's peak."""
    workloads, about = [], {}
    sets = data_sets(options, options.data)
    for data, (width, inner), precision in product(sets, FEED_FORWARD_WIDTHS.items(), PRECISIONS):
        name = f"{data.name} at width {width} in {precision}"
        sizes = (f"encoder.width={width}", f"encoder.intermediate_dim={inner}", f"trainer.precision={precision}")
        workloads.append(replace(data, name=name, overrides=sizes))
        about[name] = {
            "data": data.name,
            "width": width,
            "precision": precision,
            "operations": workloads[-1].operations(),
        }
    return [result | about[result["workload"]] for result in measured(options, workloads, peak_of=PEAK_SIZE)]


def lengths(options: argparse.Namespace) -> Results:
    """Ours on texts that all have as many tokens."""
    size = of_length(1, 1, texts=1).settings.trainer.batch_size
    steps = {tokens: options.steps or max(4, TOKENS_OF_A_ROUND // (size * tokens)) for tokens in options.lengths}
    return measured(options, [of_length(tokens, count, size * count) for tokens, count in steps.items()])


def sizes(options: argparse.Namespace) -> Results:
    """Ours for an epoch, by its number of examples, with the lengths of the first data set."""
    (first,) = data_sets(options, options.data[:1])
    return measured(options, [first.of_size(examples) for examples in options.sizes])


def profile(options: argparse.Namespace) -> Results:
    """Where the time of a step of ours goes, for the first and the last data set."""
    ends = list(dict.fromkeys([options.data[0], options.data[-1]]))
    return measured(options, data_sets(options, ends), profiled=True)


PARTS = {part.__name__: part for part in (contenders, products, lengths, sizes, profile)}


def main() -> None:
    """Measures the parts that are asked for, then writes all that have ever been measured."""
    parser = door(__doc__, "training_speed")
    parser.add_argument("--contenders", nargs="*", choices=list(CONTENDERS), help="to compare; without names all")
    parser.add_argument("--products", action="store_true", help="how near matrix products come to the machine's peak")
    parser.add_argument("--only", action="store_true", help="no contenders, no products unless asked for")
    parser.add_argument("--profile", action="store_true", help="where the time of a step goes")
    parser.add_argument("--lengths", type=int, nargs="*", help=f"speed by tokens of a text; without numbers {LENGTHS}")
    parser.add_argument("--sizes", type=int, nargs="*", help=f"epoch by examples; without numbers {SIZES}")
    parser.add_argument("--data", nargs="+", default=["sst2", "banking77", "imdb"], help="names of conf/data/")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, help="of a round; without it 60, for imdb 20")
    options = parser.parse_args()
    asked = {name for name in PARTS if getattr(options, name) not in (None, False)}
    asked |= set() if options.only else {"contenders", "products"}
    options.lengths, options.sizes = options.lengths or LENGTHS, options.sizes or SIZES
    found = {}
    for name, measure in PARTS.items():
        folder = options.output / name
        depends = {one: getattr(options, one) for one in ("rounds", "steps", "data", name)}
        if result := kept(folder, depends, partial(measure, options)) if name in asked else read(folder):
            found[name] = result
    blocks = report.blocks(found)
    print("\n\n".join(blocks.values()))
    write_blocks(options.docs / "training_speed.md", blocks)
    if found.get("contenders", {}).get("found"):
        report.bars(found["contenders"]["found"]).savefig(options.docs / "pictures" / "training_speed.png")


if __name__ == "__main__":
    main()
