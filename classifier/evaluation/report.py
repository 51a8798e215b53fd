"""Writes metrics, tables and figures of a split to a folder."""

import json
from collections.abc import Mapping
from pathlib import Path

from classifier.evaluation.calibration import Calibration
from classifier.evaluation.metrics import ClassMetrics, Evaluation, evaluate
from classifier.evaluation.mistakes import Mistake, confident_mistakes, predictions_table
from classifier.evaluation.proportions import smallest_difference
from classifier.evaluation.scored import Scored
from classifier.files import write_records, write_text
from classifier.progress import Stage
from classifier.terminal import Table, counted

HEADLINES = {
    "accuracy": "share of the texts that are labelled correctly",
    "macro_precision": "how often a predicted class is right, mean over the classes",
    "macro_recall": "how much of a class is found, mean over the classes",
    "macro_f1": "harmonic mean of precision and recall, mean over the classes",
    "micro_f1": "harmonic mean of precision and recall over all labels of all texts",
    "samples_f1": "harmonic mean of precision and recall of the labels of a text, mean over the texts",
    "hamming_loss": "share of wrong decisions over all labels of all texts; lower is better",
    "label_ranking_average_precision": "how far up the labels of a text are among all; 1 is best",
    "log_loss": "surprise at the true labels in nats; lower is better",
    "roc_auc": "how well the probabilities rank the texts of a class above the others; chance is 0.5",
    "matthews_correlation": "correlation of labels and predictions; chance is 0",
    "expected_calibration_error": "distance between confidence and accuracy; lower is better",
    "in_scope_accuracy": "share of right answers among the texts that belong to a class",
    "out_of_scope_recall": "share of the texts of none of the classes that are answered so",
    "out_of_scope_auroc": "how well texts of none of the classes rank above the others; chance is 0.5",
    "brier_score": "squared distance of the probabilities to the labels; lower is better",
    "accepted": "share of the texts whose answer the model accepts",
    "accepted_precision": "share of right answers among the accepted ones",
    "coverage": "share of the texts whose label set contains the label",
    "mean_set_size": "labels in a label set",
    "examples": "texts that were measured",
}


def measure(folder: Path, scored: Scored) -> Evaluation:
    """Evaluates a split and writes its report."""
    with Stage(f"Computing intervals ({folder.name})"):
        evaluation = evaluate(scored)
    with Stage(f"Drawing pictures ({folder.name})"):
        write_report(folder, scored, evaluation)
    return evaluation


def summarized(evaluations: Mapping[str, Evaluation]) -> dict[str, dict[str, float]]:
    """Returns the metrics of each split for summary.json."""
    return {split: flat(evaluation) for split, evaluation in evaluations.items()}


def results_table(evaluations: Mapping[str, Evaluation]) -> Table:
    """Returns a table with a row for each headline metric and a column for each split, with 95 % intervals."""
    table = Table(["metric"], list(evaluations), "Results (95 % intervals)")
    for name in HEADLINES:
        cells = []
        for evaluation in evaluations.values():
            interval = evaluation.intervals.get(name)
            value = evaluation.metrics.get(name)
            cell = "-" if value is None else f"{value:,.0f}" if name == "examples" else f"{value:.4f}"
            cells.append(cell + (f"  [{interval.low:.3f}, {interval.high:.3f}]" if interval else ""))
        if any(name in evaluation.metrics for evaluation in evaluations.values()):
            table.add(name, *cells)
    return table


def resolution(split: str, evaluation: Evaluation) -> str:
    """Returns a sentence on the size of a split, and which differences between models it can show."""
    examples, accuracy = int(evaluation.metrics["examples"]), evaluation.metrics["accuracy"]
    points = 100 * smallest_difference(accuracy, examples)
    return (
        f"{split} has {counted(examples, 'example')}: another model must differ by about "
        f"{points:.{0 if points >= 2 else 1}f} "
        "points of accuracy for the difference to be more than chance."
    )


def write_report(folder: Path, scored: Scored, evaluation: Evaluation) -> None:
    """Writes metrics.json, tables as CSV, predictions.parquet and a PNG for each picture.

    Args:
        folder: output folder, which is created if it does not exist.
        scored: the split, with texts and origins.
        evaluation: evaluation of the split.
    """
    import pyarrow.parquet

    from classifier.evaluation.plots import figures

    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "metrics.json", json.dumps(flat(evaluation), indent=2) + "\n")
    write_records(folder / "per_class.csv", ClassMetrics, evaluation.per_class)
    write_records(folder / "calibration.csv", Calibration, evaluation.calibration)
    write_records(folder / "mistakes.csv", Mistake, confident_mistakes(scored))
    pyarrow.parquet.write_table(predictions_table(scored), folder / "predictions.parquet")
    for name, figure in figures(scored, evaluation).items():
        figure.savefig(folder / f"{name}.png")


def flat(evaluation: Evaluation) -> dict[str, float]:
    """Returns all metrics by name, with intervals as <name>_low and <name>_high."""
    ends = {
        f"{name}_{end}": getattr(interval, end)
        for name, interval in evaluation.intervals.items()
        for end in ("low", "high")
    }
    return {**evaluation.metrics, **ends}
