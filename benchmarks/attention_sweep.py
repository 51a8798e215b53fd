"""The table of `python -m classifier.train recipe=attention_sweep`: test accuracy and time of each mechanism.

python benchmarks/attention_sweep.py <hydra.sweep.dir of the sweep>
"""

import csv
import statistics
import sys
from collections import defaultdict
from pathlib import Path

DATA = ("trec6", "sst2", "banking77")


def main() -> None:
    """Reads report/trials.csv and prints Markdown."""
    with (Path(sys.argv[1]) / "report" / "trials.csv").open(newline="", encoding="utf-8") as file:
        finished = [row for row in csv.DictReader(file) if row["status"] == "FINISHED"]
    print("\n".join(table(finished)))


def table(trials: list[dict[str, str]]) -> list[str]:
    """A line for each mechanism, best mean first: accuracy in percent by data set, the mean over them, and seconds.

    Seconds are those of one training on each of the data sets, the loop alone: the sum of their means over the seeds.
    """
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    seconds: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for trial in trials:
        settings = dict(override.split("=", 1) for override in trial["overrides"].split())
        found[settings["attention"]][settings["data"]].append(100 * float(trial["test.accuracy"]))
        seconds[settings["attention"]][settings["data"]].append(float(trial["training_seconds"]))
    means = {name: statistics.mean(map(statistics.mean, by_data.values())) for name, by_data in found.items()}
    lines = [f"| attention | {' | '.join(DATA)} | mean | seconds |", f"| --- |{' ---: |' * (len(DATA) + 2)}"]
    for name in sorted(means, key=lambda one: (-len(found[one]), -means[one])):
        complete = len(found[name]) == len(DATA)
        mean = f"{means[name]:.1f}" if complete else "–"
        spent = f"{sum(map(statistics.mean, seconds[name].values())):.0f}" if complete else "–"
        lines.append(f"| {name} | {' | '.join(cell(found[name][data]) for data in DATA)} | {mean} | {spent} |")
    return lines


def cell(values: list[float]) -> str:
    """Mean and standard deviation over the seeds."""
    if not values:
        return "–"
    deviation = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1f}{deviation}"


if __name__ == "__main__":
    main()
