"""The table of `classifier train recipe=attention_sweep`: test accuracy and time of each mechanism, in Markdown.

python benchmarks/attention_sweep.py <hydra.sweep.dir of the sweep>
"""

import csv
import statistics
from collections import defaultdict
from pathlib import Path

from harness.markdown import table
from harness.project import door


def main() -> None:
    parser = door(__doc__)
    parser.add_argument("sweep", type=Path, help="its hydra.sweep.dir")
    with (parser.parse_args().sweep / "report" / "trials.csv").open(newline="", encoding="utf-8") as file:
        print(table(rows([row for row in csv.DictReader(file) if row["status"] == "FINISHED"])))


def rows(trials: list[dict[str, str]]) -> list[dict[str, str]]:
    """Accuracy in percent by data set and its mean, the best mechanism first.

    Seconds are those of one training on each of the data sets, the loop alone: the sum of their means over the seeds.
    """
    found: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for trial in trials:
        settings = dict(override.split("=", 1) for override in trial["overrides"].split())
        values = (100 * float(trial["test.accuracy"]), float(trial["training_seconds"]))
        found[settings["attention"]][settings["data"]].append(values)
    complete = max(map(len, found.values()), default=0)
    lines = []
    for name, by_data in found.items():
        accuracies = {data: [accuracy for accuracy, _ in values] for data, values in by_data.items()}
        row = {"attention": name, **{data: mean_and_deviation(values) for data, values in accuracies.items()}}
        mean = statistics.mean(map(statistics.mean, accuracies.values()))
        if len(by_data) == complete:
            seconds = sum(statistics.mean(seconds for _, seconds in values) for values in by_data.values())
            row |= {"mean": f"{mean:.1f}", "seconds": f"{seconds:.0f}"}
        lines.append((len(by_data), mean, row))
    return [row for *_, row in sorted(lines, key=lambda line: line[:2], reverse=True)]


def mean_and_deviation(values: list[float]) -> str:
    """Over the seeds."""
    deviation = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1f}{deviation}"


if __name__ == "__main__":
    main()
