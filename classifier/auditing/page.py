"""The page of an audit, which needs no other file."""

from collections import Counter
from pathlib import Path
from typing import Any

from classifier.auditing.find_issues import Audit
from classifier.auditing.issue import ISSUES, Kind
from classifier.auditing.pool import Pool
from classifier.drawing.page import render
from classifier.terminal import counted

MOST_ROWS = 100  # of each kind
MOST_CHARACTERS = 400  # of a text
MEANINGS = {
    Kind.label: "The label is probably wrong: models that had not seen the text are more confident of another one.",
    Kind.contradiction: "The same text occurs with another label.",
    Kind.near_duplicate: "An earlier text of train is nearly the same: typos, added words, other numbers.",
    Kind.leak: "A text of valid or test is nearly the same, so that their metrics are too good.",
    Kind.spelling: "The label differs from a more frequent one only in case, blanks or invisible marks.",
    Kind.no_words: "The text has no letter.",
}
FEW_EXAMPLES = 30  # of a class


def verdict(pool: Pool, audit: Audit) -> list[str]:
    """Returns what was found, in sentences."""
    counts = Counter(issue.issue for issue in audit.issues)
    rows = len(set(audit.places))
    if not rows:
        first = f"No issue was found in {counted(len(pool.rows), 'row')}."
    else:
        kinds = ", ".join(f"{kind.value} {counts[kind]:,}" for kind in Kind if counts[kind])
        first = (
            f"{counted(rows, 'row')} of {len(pool.rows):,} ({rows / len(pool.rows):.1%}) should be checked: {kinds}."
        )
    found = [first]
    small = sorted((count, name) for name, count in pool.examples.class_counts().items() if count < FEW_EXAMPLES)
    if small:
        names = ", ".join(f"{name!r} ({count})" for count, name in small[:5])
        more = f" and {len(small) - 5:,} more" if len(small) > 5 else ""
        found.append(f"Classes with fewer than {FEW_EXAMPLES} rows, for which metrics are uncertain: {names}{more}.")
    if audit.leak_worth:
        found.append(
            "An n-gram model has an accuracy of {:.3f} on test, and of {:.3f} if the leaking rows of train are left "
            "out.".format(*audit.leak_worth)
        )
    for column, accuracy in pool.leaking_columns.items():
        found.append(
            f"The column {column!r} alone predicts {accuracy:.1%} of the labels. If it is not known when a text is to "
            "be classified, keep it out of data.text."
        )
    if pool.rejects:
        found.append(f"{counted(len(pool.rejects), 'row')} cannot be used at all: rejects.csv has the reasons.")
    return found


def page(title: str, pool: Pool, audit: Audit) -> str:
    """Returns the complete page."""
    counts = Counter(issue.issue for issue in audit.issues)
    return render(
        Path(__file__).with_name("audit.html"),
        title=title,
        verdict=verdict(pool, audit),
        notices=pool.notices,
        kinds=[(kind.value, counts[kind], MEANINGS[kind]) for kind in Kind if counts[kind]],
        sections=[(kind.value, counts[kind], rows(pool, audit, kind)) for kind in Kind if counts[kind]],
        issues=ISSUES,
    )


def rows(pool: Pool, audit: Audit, kind: Kind) -> list[dict[str, Any]]:
    """Returns the first rows of a kind, with the text that is nearly the same if there is one."""
    twin = {}
    for pair in audit.pairs:
        leaks = pool.splits[pair.first] != pool.splits[pair.second]
        if kind is Kind.leak and leaks:
            twin |= {pair.first: pair.second, pair.second: pair.first}
        elif kind is Kind.near_duplicate and not leaks:
            twin[pair.second] = pair.first
    found = [(issue, place) for issue, place in zip(audit.issues, audit.places, strict=True) if issue.issue is kind]
    return [
        {
            "issue": issue,
            "place": f"{Path(issue.file).name}:{issue.row}",
            "text": shortened(pool.examples.texts[place]),
            "twin": shortened(pool.examples.texts[twin[place]]) if place in twin else "",
            "twin_place": pool.examples.origins[twin[place]] if place in twin else "",
        }
        for issue, place in found[:MOST_ROWS]
    ]


def shortened(text: str) -> str:
    """Returns the beginning of a long text."""
    return text[:MOST_CHARACTERS] + ("…" if len(text) > MOST_CHARACTERS else "")
