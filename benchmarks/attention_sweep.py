"""The table of `classifier train recipe=attention_sweep`: test accuracy and time of each mechanism, in Markdown.

    python benchmarks/attention_sweep.py <hydra.sweep.dir of the sweep>

Accuracy is in percent. Seconds are those of one training on each of the data sets, the loop alone: the sum of their
means over the seeds.
"""

import csv
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev

from harness.markdown import table
from harness.project import door


def main() -> None:
    parser = door(__doc__)
    parser.add_argument("sweep", type=Path, help="its hydra.sweep.dir")
    found: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    with (parser.parse_args().sweep / "report" / "trials.csv").open(newline="", encoding="utf-8") as file:
        for trial in csv.DictReader(file):
            if trial["status"] == "FINISHED":
                settings = dict(override.split("=", 1) for override in trial["overrides"].split())
                values = (100 * float(trial["test.accuracy"]), float(trial["training_seconds"]))
                found[settings["attention"]][settings["data"]].append(values)
    complete = max(map(len, found.values()), default=0)
    rows: list[dict[str, str]] = []
    for name, by_data in found.items():
        accuracies = {data: [accuracy for accuracy, _ in values] for data, values in by_data.items()}
        deviations = {data: f" ± {stdev(all_):.1f}" if all_[1:] else "" for data, all_ in accuracies.items()}
        row = {data: f"{mean(all_):.1f}{deviations[data]}" for data, all_ in accuracies.items()}
        if len(by_data) == complete:
            seconds = sum(mean(spent for _, spent in values) for values in by_data.values())
            row |= {"mean": f"{mean(map(mean, accuracies.values())):.1f}", "seconds": f"{seconds:.0f}"}
        rows.append({"attention": name, **row})
    rows.sort(key=lambda row: float(row.get("mean", 0)), reverse=True)
    print(table(rows))


if __name__ == "__main__":
    main()
