"""Texts that occur more than once: with several labels in train, or in two splits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from classifier.data.examples import Examples
from classifier.data.text_form import text_form
from classifier.files import write_records


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A row of train whose text also occurs there with another label."""

    text: str
    label: str
    row: str  # "train.csv:17"


def find_duplicates(train: Examples, others: Mapping[str, Examples]) -> tuple[list[Contradiction], list[str]]:
    """The contradictions in train, equal texts together, and notices that count these and the texts shared by splits.

    Texts are equal if they are read alike: see `text_form`.
    """
    forms = list(map(text_form, train.texts))
    first_label: dict[str, int] = {}
    torn: dict[str, list[Contradiction]] = {}
    for form, label in zip(forms, train.labels.tolist(), strict=True):
        if first_label.setdefault(form, label) != label:
            torn[form] = []
    for place, form in enumerate(forms if torn else ()):
        if form in torn:
            label = train.label_names[train.labels[place]]
            torn[form].append(Contradiction(train.texts[place], label, train.origins[place]))
    notices = []
    for split, examples in others.items():
        if count := sum(text_form(text) in first_label for text in examples.texts):
            notices.append(f"{_occur(count, f' of {split} also')} in train.")
    if torn:
        notices.append(f"{_occur(len(torn))} in train with more than one label; contradictions.csv lists the rows.")
    return [row for rows in torn.values() for row in rows], notices


def write_contradictions(path: str | Path, contradictions: Iterable[Contradiction]) -> None:
    """Writes them as CSV with the columns text, label, row."""
    write_records(path, Contradiction, contradictions)


def _occur(count: int, which: str = "") -> str:
    return f"1 text{which} occurs" if count == 1 else f"{count:,} texts{which} occur"
