"""Detects duplicated texts: texts with several labels in train, and texts that occur in two splits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from classifier.data.examples import Examples
from classifier.data.near_duplicates import near_duplicates
from classifier.data.text_form import text_form
from classifier.files import write_records


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A training row whose text also occurs in train with another label."""

    text: str
    label: str
    row: str  # "train.csv:17"


def find_duplicates(train: Examples, others: Mapping[str, Examples]) -> tuple[list[Contradiction], list[str]]:
    """Returns the contradictions in train, grouped by text, and notices about them and about texts shared by splits.

    Texts are considered equal if they have the same `text_form`.
    """
    forms = list(map(text_form, train.texts))
    first_label: dict[str, int] = {}
    contradictory: dict[str, list[Contradiction]] = {}
    for form, label in zip(forms, train.answers().tolist(), strict=True):
        if first_label.setdefault(form, label) != label:
            contradictory[form] = []
    for place, form in enumerate(forms if contradictory else ()):
        if form in contradictory:
            (label,) = train.take([place]).named_labels()
            shown = label if isinstance(label, str) else ", ".join(label)
            contradictory[form].append(Contradiction(train.texts[place], shown, train.origins[place]))
    notices = []
    for split, examples in others.items():
        if count := sum(text_form(text) in first_label for text in examples.texts):
            notices.append(f"{_occur(count, f' of {split} also')} in train.")
    if contradictory:
        count = _occur(len(contradictory))
        notices.append(f"{count} in train with more than one label; contradictions.csv lists the rows.")
    return [row for rows in contradictory.values() for row in rows], notices


def near_duplicate_notices(train: Examples, others: Mapping[str, Examples]) -> list[str]:
    """Returns notices about texts of other splits that are nearly, but not exactly, the same as one of train."""
    parts = {"train": train, **others}
    pairs = near_duplicates([text for part in parts.values() for text in part.texts])
    forms = set(map(text_form, train.texts))
    notices, start = [], len(train)
    for split, examples in others.items():
        places = range(start, start := start + len(examples))
        alike = {pair.second - places.start for pair in pairs if pair.first < len(train) and pair.second in places}
        if count := sum(text_form(examples.texts[place]) not in forms for place in alike):
            texts = "1 text" if count == 1 else f"{count:,} texts"
            notices.append(
                f"{texts} of {split} {'is' if count == 1 else 'are'} nearly the same as one in train, so the metrics "
                "may be too good. classifier audit lists them."
            )
    return notices


def write_contradictions(path: str | Path, contradictions: Iterable[Contradiction]) -> None:
    """Writes the contradictions as CSV with the columns text, label, row."""
    write_records(path, Contradiction, contradictions)


def _occur(count: int, which: str = "") -> str:
    return f"1 text{which} occurs" if count == 1 else f"{count:,} texts{which} occur"
