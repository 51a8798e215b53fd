"""The table of `python -m classifier.train sweep=attention`: test accuracy of each mechanism, mean and deviation.

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
    """A line for each mechanism, best mean first: accuracy in percent by data set, then the mean over them."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for trial in trials:
        settings = dict(override.split("=", 1) for override in trial["overrides"].split())
        found[settings["attention"]][settings["data"]].append(100 * float(trial["test.accuracy"]))
    means = {name: statistics.mean(map(statistics.mean, by_data.values())) for name, by_data in found.items()}
    lines = [f"| attention | {' | '.join(DATA)} | mean |", f"| --- |{' ---: |' * (len(DATA) + 1)}"]
    for name in sorted(means, key=lambda one: (-len(found[one]), -means[one])):
        mean = f"{means[name]:.1f}" if len(found[name]) == len(DATA) else "–"
        lines.append(f"| {name} | {' | '.join(cell(found[name][data]) for data in DATA)} | {mean} |")
    return lines


def cell(values: list[float]) -> str:
    """Mean and standard deviation over the seeds."""
    if not values:
        return "–"
    deviation = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1f}{deviation}"


if __name__ == "__main__":
    main()
