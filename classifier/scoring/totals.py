"""What a scoring amounts to: rows of each label, mean scores, errors."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from classifier.terminal import Table

SHOWN = 20  # labels in the table at most


class Totals:
    """Counts rows as they are scored.

    Args:
        classes: number of labels.
    """

    def __init__(self, classes: int) -> None:
        self.rows, self.errors = 0, 0
        self.counts, self.scores = np.zeros(classes, np.int64), np.zeros(classes)  # by label

    def add(self, probabilities: np.ndarray, errors: Sequence[str]) -> None:
        """Some more rows: probabilities (rows, classes), and "" in errors where they count."""
        good = probabilities[[not error for error in errors]]
        labels, classes = good.argmax(axis=1), len(self.counts)
        self.rows += len(errors)
        self.errors += len(errors) - len(good)
        self.counts += np.bincount(labels, minlength=classes)
        self.scores += np.bincount(labels, good.max(axis=1), minlength=classes) if len(good) else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "errors": self.errors,
            "counts": self.counts.tolist(),
            "scores": self.scores.tolist(),
        }

    def add_json(self, parts: Iterable[dict[str, Any]]) -> None:
        """What other totals gave as JSON."""
        for part in parts:
            self.rows += part["rows"]
            self.errors += part["errors"]
            self.counts += np.array(part["counts"], np.int64)
            self.scores += np.array(part["scores"], float)

    def summary(self, label_names: Sequence[str]) -> dict[str, Any]:
        """For summary.json: rows, errors, mean score, and rows and mean score of each label; none is null."""
        labels = {
            name: {"rows": int(count), "mean_score": mean(score, int(count))}
            for name, count, score in zip(label_names, self.counts, self.scores, strict=True)
        }
        scored = int(self.counts.sum())
        means = {"mean_score": mean(self.scores.sum(), scored)}
        return {"rows": self.rows, "errors": self.errors, **means, "labels": labels}


def mean(total: float, count: int) -> float | None:
    """Six decimals; None of nothing."""
    return round(float(total) / int(count), 6) if count else None


def totals_table(summary: dict[str, Any]) -> Table:
    """The summary as a table for the terminal, the most frequent labels first."""
    table = Table(["label"], ["rows", "share", "mean score"])
    labels = sorted(summary["labels"].items(), key=lambda item: -item[1]["rows"])
    scored = max(1, summary["rows"] - summary["errors"])
    for name, one in labels[:SHOWN]:
        table.add(name, f"{one['rows']:,}", f"{one['rows'] / scored:.1%}", shown(one["mean_score"]))
    if rest := labels[SHOWN:]:
        rows = sum(one["rows"] for _, one in rest)
        table.add(f"{len(rest)} more labels", f"{rows:,}", f"{rows / scored:.1%}", "")
    table.end_section()
    table.add("all", f"{scored if summary['rows'] > summary['errors'] else 0:,}", "", shown(summary["mean_score"]))
    table.add("errors", f"{summary['errors']:,}", "", "")
    return table


def shown(score: float | None) -> str:
    return "" if score is None else f"{score:.3f}"
