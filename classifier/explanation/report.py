"""Writes explanations to files: the page, pictures as PNG, tables as CSV and numbers as JSON."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.drawing.page import as_png
from classifier.explanation.classes import ClassWord
from classifier.explanation.faithfulness import Curves, Estimate
from classifier.explanation.page import DrawnText, Page, page_html
from classifier.explanation.pictures import attention_figure, class_words_figure, faithfulness_figure, words_figure
from classifier.explanation.tables import write_class_words, write_faithfulness
from classifier.files import write_text
from classifier.terminal import counted

PAGE = "explanation.html"


@dataclass(slots=True)
class Report:
    """The explanations of texts, and their evaluation.

    Args:
        label_names: names of the classes.
        texts: texts to draw.
        mistakes: the most confident mistakes.
        words: words of each class.
        curves, faithfulness: results for each method; None if not measured.
        sampled: number of texts on which they were measured.
        several: whether a text can have several labels.
        incomplete: number of texts whose integrated gradients do not sum to the difference within TOLERANCE.
    """

    label_names: Sequence[str]
    texts: Sequence[DrawnText]
    mistakes: Sequence[DrawnText] = ()
    words: Sequence[ClassWord] = field(default_factory=list)
    curves: Mapping[str, Curves] | None = None
    faithfulness: Mapping[str, Mapping[str, Estimate]] | None = None
    sampled: int = 0
    several: bool = False
    incomplete: int = 0

    def summary(self) -> dict[str, Any]:
        """Returns the numbers for summary.json."""
        measured = self.faithfulness or {}
        metrics = {method: {name: estimate.mean for name, estimate in row.items()} for method, row in measured.items()}
        return {"metrics": metrics, "sampled": self.sampled, "incomplete": self.incomplete}


def write_report(folder: Path, report: Report) -> Path:
    """Writes all files to the folder, which is emptied first, and returns the path of the page."""
    shutil.rmtree(folder, ignore_errors=True)
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    page = Page("Explanations of the predictions", report.label_names, report.texts, report.mistakes)
    page.words, page.several = report.words, report.several
    if report.curves and report.faithfulness:
        png = as_png(faithfulness_figure(report.curves, report.faithfulness))
        (pictures / "faithfulness.png").write_bytes(png)
        page.figure = png
        page.faithfulness, page.measured_on = (
            report.faithfulness,
            counted(report.sampled, "explained label" if report.several else "text"),
        )
        write_faithfulness(folder / "faithfulness.csv", report.faithfulness)
    if report.words:
        class_words_figure(report.words).savefig(pictures / "class_words.png")
        write_class_words(folder / "class_words.csv", report.words)
    for kind, texts in (("mistake", report.mistakes), ("text", report.texts)):
        for number, text in enumerate(texts, 1):
            if text.explanation.words:
                words_figure(text.explanation).savefig(pictures / f"{kind}_{number}_words.png")
            if text.explanation.attention and text.explanation.tokens:
                attention_figure(text.explanation).savefig(pictures / f"{kind}_{number}_attention.png")
    write_scores(folder / "explanations.jsonl", report)
    write_text(folder / PAGE, page_html(page))
    return folder / PAGE


def write_scores(path: Path, report: Report) -> None:
    """Writes a line of JSON with words and scores of each method for each explanation.

    `predicted` and `label` are lists if a text can have several labels.
    """

    def named(labels: Sequence[int]) -> Any:
        names = [report.label_names[label] for label in labels]
        return names if report.several else names[0]

    with path.open("w", encoding="utf-8") as file:
        for text in [*report.mistakes, *report.texts]:
            explanation = text.explanation
            scores = {
                name: [round(value, 6) for value in values.tolist()] for name, values in explanation.scores.items()
            }
            line = {
                "origin": text.origin,
                "text": explanation.text,
                "predicted": named(text.answers),
                "label": None if text.labels is None else named(text.labels),
                "explained": report.label_names[explanation.explained],
                "score": round(float(explanation.probabilities[explanation.explained]), 6),
                "words": explanation.written,
                **scores,
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
