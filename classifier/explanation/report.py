"""What is found out about texts, as files: the page, its pictures as PNGs, its tables as CSV, its numbers as JSON."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.drawing.page import as_address, as_png
from classifier.explanation.classes import ClassWord
from classifier.explanation.faithfulness import Curves, Estimate
from classifier.explanation.page import Page, Shown, page_html
from classifier.explanation.pictures import attention_figure, class_words_figure, faithfulness_figure, words_figure
from classifier.explanation.tables import write_class_words, write_faithfulness
from classifier.files import write_text

PAGE = "explanation.html"


@dataclass(slots=True)
class Report:
    """What is told of the texts.

    Args:
        label_names: by class.
        texts: drawn one by one.
        mistakes: the most confident ones, drawn.
        words: of each class.
        curves, faithfulness: of each method; None: not measured.
        sampled: texts on which they were measured.
        incomplete: texts whose integrated gradients do not sum to the difference within TOLERANCE.
    """

    label_names: Sequence[str]
    texts: Sequence[Shown]
    mistakes: Sequence[Shown] = ()
    words: Sequence[ClassWord] = field(default_factory=list)
    curves: Mapping[str, Curves] | None = None
    faithfulness: Mapping[str, Mapping[str, Estimate]] | None = None
    sampled: int = 0
    incomplete: int = 0

    def summary(self) -> dict[str, Any]:
        """The numbers, for summary.json."""
        measured = self.faithfulness or {}
        metrics = {method: {name: one.mean for name, one in row.items()} for method, row in measured.items()}
        return {"metrics": metrics, "sampled": self.sampled, "incomplete": self.incomplete}


def write_report(folder: Path, report: Report) -> Path:
    """Writes everything into the folder, which is emptied first; returns the page."""
    shutil.rmtree(folder, ignore_errors=True)
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    page = Page("Why the classifier answers so", report.label_names, report.texts, report.mistakes, words=report.words)
    if report.curves and report.faithfulness:
        png = as_png(faithfulness_figure(report.curves, report.faithfulness))
        (pictures / "faithfulness.png").write_bytes(png)
        page.figure = as_address(png)
        page.faithfulness, page.measured_on = report.faithfulness, f"{report.sampled:,} texts"
        write_faithfulness(folder / "faithfulness.csv", report.faithfulness)
    if report.words:
        class_words_figure(report.words).savefig(pictures / "class_words.png")
        write_class_words(folder / "class_words.csv", report.words)
    for kind, some in (("mistake", report.mistakes), ("text", report.texts)):
        for number, one in enumerate(some, 1):
            if one.explanation.words:
                words_figure(one.explanation).savefig(pictures / f"{kind}_{number}_words.png")
            if one.explanation.attention and one.explanation.tokens:
                attention_figure(one.explanation).savefig(pictures / f"{kind}_{number}_attention.png")
    write_scores(folder / "explanations.jsonl", [*report.mistakes, *report.texts], report.label_names)
    write_text(folder / PAGE, page_html(page))
    return folder / PAGE


def write_scores(path: Path, texts: Sequence[Shown], label_names: Sequence[str]) -> None:
    """A line of JSON for each text that is drawn: its words and what each method says of them."""
    with path.open("w", encoding="utf-8") as file:
        for shown in texts:
            one = shown.explanation
            scores = {name: [round(value, 6) for value in values.tolist()] for name, values in one.scores.items()}
            line = {
                "origin": shown.origin,
                "text": one.text,
                "predicted": label_names[one.predicted],
                "label": None if shown.label is None else label_names[shown.label],
                "score": round(float(one.probabilities.max()), 6),
                "words": one.words,
                **scores,
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
