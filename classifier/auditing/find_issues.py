"""Finds the issues of a pool of labelled texts."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from classifier.auditing.issue import Issue, Kind
from classifier.auditing.label_errors import LabelErrors, label_errors
from classifier.auditing.out_of_fold import out_of_fold_probabilities
from classifier.auditing.pool import Pool
from classifier.data import Examples
from classifier.data.labels import class_names
from classifier.data.near_duplicates import Pair, near_duplicates
from classifier.data.text_form import text_form
from classifier.progress import Stage

LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found.

    Args:
        issues: the issues, the surest first.
        places: index in the pool of the text of each issue.
        pairs: near-duplicates, which are indices in the pool.
        errors: how probably each label is wrong.
    """

    issues: list[Issue]
    places: list[int]
    pairs: list[Pair]
    errors: LabelErrors


def find_issues(pool: Pool, seed: int) -> Audit:
    """Returns all issues of the texts.

    Args:
        pool: the texts.
        seed: seed of the models that look for wrong labels.
    """
    with Stage("Comparing the texts"):
        pairs = near_duplicates(pool.examples.texts)
    with Stage("Looking for wrong labels"):
        folded = fold_labels(pool.examples)
        errors = label_errors(out_of_fold_probabilities(folded, seed), folded.labels)
    kinds: Mapping[Kind, Callable[[], Iterator[tuple[int, float, str]]]] = {
        Kind.label: lambda: wrong_labels(folded, errors),
        Kind.contradiction: lambda: contradictions(folded),
        Kind.near_duplicate: lambda: duplicates(pool, pairs),
        Kind.leak: lambda: leaks(pool, pairs),
        Kind.spelling: lambda: spellings(pool),
        Kind.no_words: lambda: without_words(pool),
    }
    found = [(place, score, kind, suggested) for kind, find in kinds.items() for place, score, suggested in find()]
    found.sort(key=lambda one: (-one[1], one[0]))
    issues = [
        Issue(pool.files[place], pool.rows[place], kind, round(score, 4), pool.label(place), suggested)
        for place, score, kind, suggested in found
    ]
    return Audit(issues, [place for place, *_ in found], pairs, errors)


def fold_labels(examples: Examples) -> Examples:
    """Returns the examples with one class for the spellings of a label that differ only in case or blanks."""
    names = class_names(examples.class_counts(), fold=True)
    kept = tuple(dict.fromkeys(names[name] for name in examples.label_names))
    numbers = np.array([kept.index(names[name]) for name in examples.label_names], np.int32)
    return Examples(examples.texts, numbers[examples.labels], kept, examples.origins)


def wrong_labels(examples: Examples, errors: LabelErrors) -> Iterator[tuple[int, float, str]]:
    """Yields index, score and suggested label of the texts whose label is probably wrong."""
    for place in np.flatnonzero(errors.suspicious).tolist():
        yield place, float(errors.scores[place]), examples.label_names[errors.suggested[place]]


def contradictions(examples: Examples) -> Iterator[tuple[int, float, str]]:
    """Yields the texts that occur with another label; the most frequent label is suggested if there is one."""
    places, labels = defaultdict[str, list[int]](list), [str(label) for label in examples.named_labels()]
    for place, text in enumerate(examples.texts):
        places[text_form(text)].append(place)
    for same in places.values():
        counts = Counter(labels[place] for place in same).most_common()
        if len(counts) > 1:
            (first, most), (_, next_most) = counts[:2]
            for place in same:
                yield place, 1.0, first if most > next_most and labels[place] != first else ""


def duplicates(pool: Pool, pairs: list[Pair]) -> Iterator[tuple[int, float, str]]:
    """Yields the texts of train that are nearly the same as an earlier one of train."""
    best: dict[int, Pair] = {}
    for pair in pairs:
        if pool.splits[pair.first] == pool.splits[pair.second] == "train":
            best[pair.second] = max(best.get(pair.second, pair), pair, key=lambda one: one.similarity)
    for place, pair in best.items():
        yield place, pair.similarity, ""


def leaks(pool: Pool, pairs: list[Pair]) -> Iterator[tuple[int, float, str]]:
    """Yields the texts of train that are nearly the same as one of valid or test."""
    best: dict[int, float] = {}
    for pair in pairs:
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            if pool.splits[one] == "train" and pool.splits[other] != "train":
                best[one] = max(best.get(one, 0.0), pair.similarity)
    for place, similarity in best.items():
        yield place, similarity, ""


def spellings(pool: Pool) -> Iterator[tuple[int, float, str]]:
    """Yields the texts whose label is a rarer spelling of another one, which is suggested."""
    labels = [pool.label(place) for place in range(len(pool.rows))]
    names = class_names(Counter(labels), fold=True)
    for place, label in enumerate(labels):
        if names[label] != label:
            yield place, 1.0, names[label]


def without_words(pool: Pool) -> Iterator[tuple[int, float, str]]:
    """Yields the texts without any letter."""
    for place, text in enumerate(pool.examples.texts):
        if not LETTER.search(text):
            yield place, 1.0, ""
