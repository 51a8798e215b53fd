"""Summarizes a scoring: number of rows of each label, mean scores, errors."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from classifier.tasks import NO_DECISION, Decision
from classifier.terminal import Table, counted

MOST_LABELS = 20  # in the table


class Totals:
    """Counts rows while they are scored.

    Args:
        classes: number of labels.
        decision: decision of the model, by which accepted answers are counted.
    """

    def __init__(self, classes: int, decision: Decision = NO_DECISION) -> None:
        self.rows, self.errors, self.accepted, self.decision = 0, 0, 0, decision
        self.counts, self.scores = np.zeros(classes, np.int64), np.zeros(classes)  # by label

    def add(self, probabilities: np.ndarray, errors: Sequence[str]) -> None:
        """Adds rows with probabilities of shape (rows, classes); rows with an error are only counted as errors."""
        good = probabilities[[not error for error in errors]]
        self.rows += len(errors)
        self.errors += len(errors) - len(good)
        if not len(good):
            return
        answers = self.decision.answers(good)
        self.accepted += int(self.decision.accepted(good).sum())
        self.counts += answers.sum(axis=0)
        self.scores += np.where(answers, good, 0).sum(axis=0, dtype=float)

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "errors": self.errors,
            "accepted": self.accepted,
            "counts": self.counts.tolist(),
            "scores": self.scores.tolist(),
        }

    def add_json(self, parts: Iterable[dict[str, Any]]) -> None:
        """Adds the results of `as_json` of other totals."""
        for part in parts:
            self.rows += part["rows"]
            self.errors += part["errors"]
            self.accepted += part["accepted"]
            self.counts += np.array(part["counts"], np.int64)
            self.scores += np.array(part["scores"], float)

    def summary(self, label_names: Sequence[str]) -> dict[str, Any]:
        """Returns rows, errors, accepted answers if the model abstains, mean score of a label, and rows by label."""
        labels = {
            name: {"rows": int(count), "mean_score": mean(score, int(count))}
            for name, count, score in zip(label_names, self.counts, self.scores, strict=True)
        }
        scored = int(self.counts.sum())
        means = {"mean_score": mean(self.scores.sum(), scored)}
        accepted = {} if self.decision.accept_from is None else {"accepted": self.accepted}
        return {"rows": self.rows, "errors": self.errors, **accepted, **means, "labels": labels}


def mean(total: float, count: int) -> float | None:
    """Returns the mean with six decimals, or None if the count is 0."""
    return round(float(total) / int(count), 6) if count else None


def totals_table(summary: dict[str, Any]) -> Table:
    """Returns the summary as a table for the terminal, with the most frequent labels first."""
    table = Table(["label"], ["rows", "share", "mean score"])
    labels = sorted(summary["labels"].items(), key=lambda item: -item[1]["rows"])
    scored = max(1, summary["rows"] - summary["errors"])
    for name, label in labels[:MOST_LABELS]:
        table.add(name, f"{label['rows']:,}", f"{label['rows'] / scored:.1%}", formatted(label["mean_score"]))
    if rest := labels[MOST_LABELS:]:
        rows = sum(label["rows"] for _, label in rest)
        table.add(counted(len(rest), "more label"), f"{rows:,}", f"{rows / scored:.1%}", "")
    table.end_section()
    table.add("all", f"{scored if summary['rows'] > summary['errors'] else 0:,}", "", formatted(summary["mean_score"]))
    if "accepted" in summary:
        table.add("accepted", f"{summary['accepted']:,}", f"{summary['accepted'] / scored:.1%}", "")
    table.add("errors", f"{summary['errors']:,}", "", "")
    return table


def formatted(score: float | None) -> str:
    return "" if score is None else f"{score:.3f}"
