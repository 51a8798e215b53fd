"""Accuracy, time, memory and size of the classifier and of the usual baselines, on the same splits of nine data sets.

    CLASSIFIER_DATA=<folder> python benchmarks/accuracy.py [--data trec6 sst2 ...] [--methods ours nb_svm ...]

needs `pip install -e ".[bench]" -c constraints.txt` and writes docs/accuracy.md and docs/pictures/accuracy.png. Each
data set, method and seed is a process of its own, one after the other, so that its peak memory is its own. What has a
result.json in the output folder is not measured again: an interrupted measurement is continued by the same command.

The baselines (benchmarks/comparison/baselines.py) choose on the validation split that `seed=0` gives ours, are fitted
again on train and valid together, and score the test split once. Ours is the plain command, `python -m classifier.train
data=<name> seed=<seed>`, and `recipe=<name>` where conf/recipe/ has a file of that name.

With --table-only, what there is so far is tabulated, and nothing is measured.
"""

import argparse
import sys
from pathlib import Path

from comparison.measuring import measure
from comparison.results import DATA, METHODS, SEEDS, cases

DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    """Measures what is missing, then writes the tables and the picture; exit code 1 if something failed."""
    arguments = parse()
    failed = [] if arguments.table_only else measure_missing(arguments)
    from comparison import table  # not before: it needs memory that a measured process would inherit in its peak

    table.write(arguments.output, arguments.docs, arguments.seeds)
    sys.exit(1 if failed else 0)


def measure_missing(arguments: argparse.Namespace) -> list[str]:
    """Measures what has no result yet; returns what failed."""
    failed = []
    for case in cases(arguments.data, arguments.methods, arguments.seeds):
        folder = arguments.output / case.name
        if (folder / "result.json").exists():
            continue
        print(f"{case.name}: ", end="", flush=True)
        if result := measure(case, arguments):
            print(f"{result.wall_seconds:,.0f} s, {result.peak_memory_mb:,.0f} MB", flush=True)
        else:
            failed.append(case.name)
            print(f"FAILED, see {folder / 'log.txt'}", flush=True)
    return failed


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=list(DATA), choices=DATA, metavar="NAME", help=", ".join(DATA))
    parser.add_argument(
        "--methods", nargs="+", default=list(METHODS), choices=METHODS, metavar="NAME", help=", ".join(METHODS)
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS), help="of ours; also of its split")
    parser.add_argument("--output", type=Path, default=Path("outputs/accuracy"), help="a folder for each result")
    parser.add_argument("--docs", type=Path, default=DOCS, help="for accuracy.md and pictures/accuracy.png")
    parser.add_argument("--autotune-seconds", type=int, default=120, help="what fastText's autotune may take")
    parser.add_argument("--overrides", nargs="+", default=[], metavar="KEY=VALUE", help="further settings of ours")
    parser.add_argument("--table-only", action="store_true", help="measure nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
