"""Compares runs on the same examples: which is best, and which differences are significant?

python -m classifier.compare runs=[<run id>,<run id>]
python -m classifier.compare experiment=embedded split=valid metric=macro_f1
python -m classifier.compare sweep=<name or run id of the sweep>
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.command_line.run import run_command
from classifier.leaving import run_and_leave
from classifier.progress import Stage
from classifier.settings import CompareSettings
from classifier.terminal import counted, say, show, shown_path

if TYPE_CHECKING:
    from classifier.comparison.comparison import Entry
    from classifier.comparison.report import Report
    from classifier.tracking.run_records import RunRecord


def compare(settings: CompareSettings, output: Path) -> dict[str, Any]:
    """Compares the predictions of runs, writes tables, a page and a run in MLflow, and returns the summary.

    Args:
        settings: checked settings.
        output: output folder of the command.

    Raises:
        UserError: if there are no such runs, or their examples differ.
    """
    from classifier.comparison.files import write_comparison
    from classifier.comparison.report import terminal_tables, verdict
    from classifier.tracking.run_records import check_same_examples, find_records

    with Stage("Reading the runs"):
        runs, left_out = find_records(settings)
    check_same_examples(runs, settings.split.name)
    with Stage("Computing intervals"):
        report = make_report(settings, runs, left_out)
    with Stage("Drawing pictures"):
        page = write_comparison(output / "report", report)
    with Stage("Logging to MLflow"):
        run_id = log(settings, runs, report, output / "report")
    for table in terminal_tables(report):
        show(table)
    for line in [
        *(f"Left out: {reason}" for reason in left_out),
        *verdict(report.comparison),
        f"Page     {shown_path(page)}",
    ]:
        say(line)
    return {"run_id": run_id, "page": str(page), **summarized(report, runs), "left_out": left_out}


def make_report(settings: CompareSettings, runs: "list[RunRecord]", left_out: list[str]) -> "Report":
    """Creates the report on runs with the same examples."""
    from classifier.comparison.comparison import compare as compare_entries
    from classifier.comparison.report import Report
    from classifier.tracking.repeats import entry_names, repeats, setting_differences

    groups = repeats(runs)
    names = entry_names(groups)
    examples = runs[0].predictions
    label_names = list(dict.fromkeys(name for run in runs for name in run.predictions.label_names))
    number = {name: place for place, name in enumerate(label_names)}
    entries, labels = make_entries(names, groups, number)
    comparison = compare_entries(entries, settings.metric.name)
    by_name = {entry.name: entry for entry in entries}
    return Report(
        comparison,
        [by_name[standing.name] for standing in comparison.standings],
        examples,
        labels,
        label_names,
        {name: [run.label for run in group] for name, group in zip(names, groups, strict=True)},
        {key: dict(zip(names, values, strict=True)) for key, values in setting_differences(groups).items()},
        left_out,
        f"{counted(len(entries), 'entry', 'entries')} of {len(runs)} runs on "
        f"{counted(len(examples), f'{settings.split.name} example')}",
    )


def make_entries(
    names: list[str], groups: "list[list[RunRecord]]", number: dict[str, int]
) -> "tuple[list[Entry], Any]":
    """Returns an entry for each group, and the labels as numbers; see `predictions.numbered`."""
    import numpy as np

    from classifier.comparison.comparison import entry
    from classifier.evaluation.predictions import numbered

    labels = numbered(groups[0][0].predictions.labels, number)
    entries = []
    for place, (name, group) in enumerate(zip(names, groups, strict=True)):
        predicted = np.array([numbered(run.predictions.predicted, number) for run in group])
        entries.append(entry(name, labels, predicted, len(number), repeats_seed=place))
    return entries, labels


def log(settings: CompareSettings, runs: "list[RunRecord]", report: "Report", folder: Path) -> str:
    """Logs the comparison to MLflow, in the experiment of the oldest run, and returns its run id."""
    from classifier.tracking.comparison_run import log_comparison

    sources = {"runs": f"{len(runs)} runs", "experiment": settings.experiment, "sweep": settings.sweep}
    params = {key: value for key, value in sources.items() if value}
    params |= {"split": settings.split.name, "metric": settings.metric.name, "best": report.entries[0].name}
    smallest = report.comparison.smallest
    metrics = {} if smallest is None else {"smallest_difference": smallest}
    name = f"compare {len(report.entries)} on {settings.split.name}"
    return log_comparison(runs[0].experiment_id, name, params, metrics, folder, settings.tracking)


def summarized(report: "Report", runs: "list[RunRecord]") -> dict[str, Any]:
    """Returns the ranking for scripts, with the run ids of each entry."""
    ids = {run.label: run.run_id for run in runs}
    ranking = [
        {
            "entry": standing.name,
            "places": list(standing.places),
            "runs": [ids[label] for label in report.runs[standing.name]],
            **standing.means,
        }
        for standing in report.comparison.standings
    ]
    return {"ranking": ranking, "smallest_difference": report.comparison.smallest}


def main() -> None:
    run_command("compare", CompareSettings, compare)


if __name__ == "__main__":
    run_and_leave(main)
