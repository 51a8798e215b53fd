"""The report on a model as a self-contained HTML page: verdict, metrics, classes, mistakes, data, settings, usage."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from classifier.data import DataFile, Reject
from classifier.drawing.heat import level
from classifier.drawing.page import isolated, render
from classifier.evaluation.calibration import BY_CHANCE
from classifier.evaluation.confusion import confusion_counts, largest_mistakes
from classifier.evaluation.metrics import Evaluation
from classifier.evaluation.mistakes import confident_mistakes
from classifier.evaluation.report import HEADLINES
from classifier.files import write_text
from classifier.settings import DataSettings
from classifier.terminal import counted

PAGE = "index.html"
LEADING = ("accuracy", "macro_f1")
NAMES = {  # that are not their keys with blanks
    "macro_f1": "macro F1",
    "micro_f1": "micro F1",
    "samples_f1": "F1 of a text",
    "roc_auc": "ROC AUC",
    "matthews_correlation": "Matthews correlation",
    "brier_score": "Brier score",
    "classwise_calibration_error": "class-wise calibration error",
    "examples": "texts",
}
MOST_CLASSES = 150  # in the confusion matrix
MOST_OPEN = 12  # number of classes up to which all are shown at once, and of the weakest ones if there are more
MOST_PAIRS, MOST_MISTAKES, MOST_REJECTS = 10, 10, 10
MOST_CHARACTERS = 600  # per text


@dataclass(frozen=True, slots=True)
class Page:
    """The content of the page, without what is in the files of its folder.

    Args:
        name: name of the data.
        evaluations: evaluation of each split by name; the last is the one that counts.
        text_column: the setting `text` of the data, as typed for `classifier score`.
        model: folder of the SavedModel; None if there is none.
        facts: sentences about the model and its training, shown below the verdict.
        sizes: number of texts of each split.
        notices: notices about the data.
        rejects: rows that could not be used.
        command: command that was typed; "" if there was none.
        settings: all settings as YAML.
    """

    name: str
    evaluations: Mapping[str, Evaluation]
    text_column: str
    model: Path | None = None
    facts: Sequence[str] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    notices: Sequence[str] = ()
    rejects: Sequence[Reject] = ()
    command: str = ""
    settings: str = ""


def write_page(folder: Path, page: Page) -> Path:
    """Writes index.html to the folder of the report, and returns its path.

    The learning curves are taken from the folder, if it has them, and its other files are listed.
    """
    split, evaluation = list(page.evaluations.items())[-1]
    curves, reliability = folder / "learning_curves.png", folder / split / "reliability.png"
    text = render(
        Path(__file__).with_name("report.html"),
        title=f"Report: {isolated(page.name)}",
        page=page,
        split=split,
        verdict=verdict(split, evaluation),
        headlines=[(NAMES.get(name, name), evaluation.metrics[name], evaluation.intervals[name]) for name in LEADING],
        metrics=metric_rows(page.evaluations),
        classes=class_rows(evaluation),
        open_classes=MOST_OPEN,
        confusion=not evaluation.scored.several,
        pairs=[] if evaluation.scored.several else confused_pairs(evaluation),
        matrix=[] if evaluation.scored.several or evaluation.scored.classes > MOST_CLASSES else matrix(evaluation),
        wrong=int((~evaluation.scored.right).sum()),
        mistakes=confident_mistakes(evaluation.scored, limit=MOST_MISTAKES),
        most_characters=MOST_CHARACTERS,
        curves=curves.read_bytes() if curves.exists() else b"",
        calibration=calibration_table(page.evaluations),
        stages=[
            f"{name}, {stage}"
            for name, one in reversed(list(page.evaluations.items()))
            for stage in dict.fromkeys(row.stage for row in one.calibration if row.stage != BY_CHANCE)
        ],
        by_chance=next((row.value for row in evaluation.calibration if row.stage == BY_CHANCE), None),
        reliability=reliability.read_bytes() if reliability.exists() else b"",
        rejects=[(Path(one.file).name, one.row, one.column, one.reason) for one in page.rejects[:MOST_REJECTS]],
        usage=usage(page.model, page.text_column, evaluation.scored.several) if page.model else {},
        files=sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.name != PAGE),
    )
    write_text(folder / PAGE, text)
    return folder / PAGE


def name_of(data: DataSettings, files: Sequence[DataFile]) -> str:
    """Returns the name of the data, which is the name of the first file if the user's own files were chosen."""
    return Path(files[0].path).name if data.name == "files" and files else data.name


def verdict(split: str, evaluation: Evaluation) -> str:
    """Returns the result in two sentences."""
    right, examples = int(evaluation.scored.right.sum()), len(evaluation.scored)
    share, largest = (100 * count / examples for count in (right, max(row.support for row in evaluation.per_class)))
    if evaluation.scored.several:
        return (
            f"The model predicts all labels of {right:,} of {examples:,} {split} texts, and no other, which is "
            f"{share:.1f} %; macro F1 is {evaluation.metrics['macro_f1']:.3f}."
        )
    return (
        f"The model predicts the label of {right:,} of {counted(examples, f'{split} text')}, which is {share:.1f} %. "
        f"The most frequent class alone makes up {largest:.1f} %."
    )


def metric_rows(evaluations: Mapping[str, Evaluation]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Returns name, meaning, and (value, interval) for each split, of each metric that the table shows."""
    rows = []
    for name, meaning in HEADLINES.items():
        if not any(name in evaluation.metrics for evaluation in evaluations.values()):
            continue
        cells = []
        for evaluation in evaluations.values():
            value, interval = evaluation.metrics.get(name), evaluation.intervals.get(name)
            shown = "–" if value is None else f"{value:,.0f}" if name == "examples" else f"{value:.3f}"
            cells.append((shown, f"{interval.low:.3f} to {interval.high:.3f}" if interval else ""))
        rows.append((NAMES.get(name, name.replace("_", " ")), meaning, cells))
    return rows


def calibration_table(evaluations: Mapping[str, Evaluation]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Returns the name of each measure of calibration, and (value, interval) by split and stage.

    The stages are before calibration, if it is known, and after.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for evaluation in reversed(list(evaluations.values())):  # as in the table of results
        for row in evaluation.calibration:
            if row.stage != BY_CHANCE:
                ends = "" if row.low is None else f"{row.low:.3f} to {row.high:.3f}"
                found.setdefault(row.metric, []).append((f"{row.value:.3f}", ends))
    return [(NAMES.get(name, name.replace("_", " ")), cells) for name, cells in found.items()]


def class_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Returns the metrics of each class, weakest first, and the class that is most often predicted instead."""
    names = evaluation.scored.label_names
    rows = []
    if evaluation.scored.several:
        rows = [{"metrics": metrics, "instead": "", "times": 0} for metrics in evaluation.per_class]
        return sorted(rows, key=lambda row: (row["metrics"].support == 0, row["metrics"].f1))
    counts = confusion_counts(evaluation.scored)
    for number, metrics in enumerate(evaluation.per_class):
        mistaken = np.where(np.arange(len(names)) == number, 0, counts[number])
        instead = int(mistaken.argmax())
        times = int(mistaken[instead])
        rows.append({"metrics": metrics, "instead": names[instead] if times else "", "times": times})
    return sorted(rows, key=lambda row: (row["metrics"].support == 0, row["metrics"].f1))


def confused_pairs(evaluation: Evaluation) -> list[tuple[str, str, int, float]]:
    """Returns true class, predicted class, number of texts and share of the true class of the largest confusions."""
    counts, names = confusion_counts(evaluation.scored), evaluation.scored.label_names
    return [
        (names[true], names[predicted], int(counts[true, predicted]), counts[true, predicted] / counts[true].sum())
        for true, predicted in largest_mistakes(counts)[:MOST_PAIRS]
    ]


def matrix(evaluation: Evaluation) -> list[list[tuple[int, str]]]:
    """Returns (number of texts, CSS class) of each cell; true classes are rows.

    The shade is the square root of the share of the true class, which keeps a confusion of one text in twenty visible.
    """
    counts = confusion_counts(evaluation.scored)
    return [
        [
            (count, level((1 if row == column else -1) * (count / max(1, sum(of_class))) ** 0.5, 1.0))
            for column, count in enumerate(of_class)
        ]
        for row, of_class in enumerate(counts.tolist())
    ]


def usage(model: Path, text_column: str, several: bool) -> dict[str, str]:
    """Returns commands and programs that use the model, by what they are for; `several`: labels per text."""
    outputs = ", ".join(f'"{name}": ...' for name in (*["labels"] * several, "label", "score", "probabilities"))
    path, column = str(model), shlex.quote(f"text={text_column}")
    chosen = shlex.quote(f"model={path}")
    return {
        "Label a file": f"classifier score {chosen} input=new.csv output=scored.csv {column}",
        "See why": f'classifier explain {chosen} text="a text of yours"',
        "In Python": f'from classifier import load\n\nmodel = load({path!r})\nmodel.predict(["a text of yours"])',
        "In any program with TensorFlow": (
            "import tensorflow as tf\n\n"
            f'classify = tf.saved_model.load({path!r}).signatures["serving_default"]\n'
            'classify(text=tf.constant(["a text of yours"]))  # {' + outputs + "}"
        ),
    }
