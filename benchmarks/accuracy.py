"""Accuracy, time, memory and size of the classifier and of the usual baselines, on the same splits of nine data sets.

    CLASSIFIER_DATA=<folder> python benchmarks/accuracy.py [--data trec6 sst2 ...] [--methods ours nb_svm ...]

needs `pip install -e ".[bench]" -c constraints.txt` and writes the marked blocks of docs/accuracy.md, and
docs/pictures/accuracy.png. Each data set, method and seed is a process of its own, one after the other. What has a
result.json in the output folder is not measured again: the same command continues an interrupted measurement, and with
--data and no name nothing is measured.

Ours is the plain command, `classifier train data=<name> seed=<seed>`, and `recipe=<name>` if conf/recipe/ has it.
"""

import sys
from functools import partial

from comparison.cases import DATA, METHODS, cases
from harness.project import door
from harness.results import kept
from harness.workers import Failed


def main() -> None:
    """Measures what is missing, then writes the tables and the picture; exit code 1 if something failed."""
    parser = door(__doc__, "accuracy")
    for name, values in (("--data", DATA), ("--methods", METHODS)):
        parser.add_argument(name, nargs="*", default=values, choices=values, metavar="NAME", help=", ".join(values))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], help="of ours; also of its split")
    options = parser.parse_args()
    failed = False
    for case in cases(options.data, options.methods, options.seeds):
        try:
            found = kept(options.output / case.name, {}, partial(case.measure, options.output))["found"]
            print(f"{case.name}: {found['wall_seconds']:,.0f} s, {found['peak_memory_mb']:,.0f} MB", flush=True)
        except Failed as error:
            failed = True
            print(f"{case.name}: {error}", file=sys.stderr, flush=True)
    from comparison import page  # not before: it needs memory that a measured process would inherit in its peak

    page.write(options.output, options.docs, options.seeds)
    sys.exit(failed)


if __name__ == "__main__":
    main()
