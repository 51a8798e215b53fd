"""Datasets of Prodigy as `prodigy db-out` writes them: JSONL with answers, and labels or chosen options.

`answer` is accept, reject or ignore; the interface `classification` has one `label`, and `choice` the IDs of the chosen
options in `accept`. Prodigy is not public: this follows outputs that its users have published, not files made for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.data.fields import text_of
from classifier.data.formats.agreement import agreed
from classifier.data.formats.labelled import Glance, LeftOut, labelled
from classifier.data.row import Row
from classifier.data.rows import read_rows
from classifier.settings import DataSettings

_LEFT_OUT = {"reject": "rejected", "ignore": "ignored"}


def recognizes(glance: Glance) -> bool:
    """Whether the rows have an answer and Prodigy's hashes."""
    return {"answer", "_input_hash", "_task_hash"} <= set(glance.keys)


@dataclass(slots=True)
class _Answered:
    """A text, with the answers of all who labelled it."""

    row: Row
    answers: list[Any] = field(default_factory=list)
    reason: str = ""  # why there is no answer


def read(path: Path, settings: DataSettings, notices: list[str]) -> Iterator[Row]:
    """Yields one row per text. Texts are held in memory, because their answers may be anywhere in the file."""
    found: dict[Any, _Answered] = {}
    for row in read_rows(path, settings, None, notices):
        key = row.values.get("_input_hash")
        answered = found.setdefault(row.number / 2 if row.problem or key is None else key, _Answered(row))
        answer, reason = _answer(row.values)
        answered.answers += [] if reason else [answer]
        answered.reason = reason
    left_out = LeftOut(path)
    for answered in found.values():
        text, problem, column = text_of(answered.row, ["text"])
        if not answered.answers and not problem:
            left_out.add(answered.reason)
            continue
        label, fault = agreed(answered.answers, settings.agreement) if answered.answers else ("", "")
        number, at = answered.row.number, column if problem else "label"
        yield labelled(number, text, label, problem=problem or fault, column=at)
    left_out.report(notices)


def _answer(task: dict[str, Any]) -> tuple[Any, str]:
    """Returns (answer, reason if there is none)."""
    if reason := _LEFT_OUT.get(task.get("answer", "accept")):
        return None, reason
    if "accept" not in task:
        return (task["label"], "") if "label" in task else (None, "accepted without a label")
    chosen = task["accept"]
    return (chosen[0] if len(chosen) == 1 else chosen, "") if chosen else (None, "accepted without a choice")
