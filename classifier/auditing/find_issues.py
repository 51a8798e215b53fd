"""Finds the issues of a pool of labelled texts."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from classifier.auditing.issue import Issue, Kind
from classifier.auditing.label_errors import LabelErrors, label_errors
from classifier.auditing.ngram_answers import NgramAnswers
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
        issues: the issues, the most certain first.
        places: index in the pool of the text of each issue.
        pairs: near-duplicates, which are indices in the pool.
        errors: how probably each label is wrong.
        leak_worth: accuracy on test of an n-gram model that is trained with and without the leaking texts of train;
            None without leaks to test.
    """

    issues: list[Issue]
    places: list[int]
    pairs: list[Pair]
    errors: LabelErrors
    leak_worth: tuple[float, float] | None = None


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
        answers = NgramAnswers(folded, seed)
        errors = label_errors(answers.out_of_fold(), folded.labels)
    leaking = dict(leaks(pool, pairs))
    contradictory = list(contradictions(folded))
    kinds: Mapping[Kind, Callable[[], Iterator[tuple[int, float, str]]]] = {
        Kind.label: lambda: wrong_labels(folded, errors, {place for place, *_ in contradictory}),
        Kind.contradiction: lambda: iter(contradictory),
        Kind.near_duplicate: lambda: duplicates(pool, pairs),
        Kind.leak: lambda: ((place, similarity, "") for place, similarity in leaking.items()),
        Kind.spelling: lambda: spellings(pool),
        Kind.no_words: lambda: without_words(pool),
    }
    found = [(place, score, kind, suggested) for kind, find in kinds.items() for place, score, suggested in find()]
    found.sort(key=lambda one: (-one[1], one[0]))
    issues = [
        Issue(pool.files[place], pool.rows[place], kind, round(score, 4), pool.label(place), suggested)
        for place, score, kind, suggested in found
    ]
    with Stage("Measuring the leaks"):
        worth = leak_worth(pool, answers, list(leaking))
    return Audit(issues, [place for place, *_ in found], pairs, errors, worth)


def fold_labels(examples: Examples) -> Examples:
    """Returns the examples with one class for the spellings of a label that differ only in case or blanks."""
    names = class_names(examples.class_counts(), fold=True)
    kept = tuple(dict.fromkeys(names[name] for name in examples.label_names))
    numbers = np.array([kept.index(names[name]) for name in examples.label_names], np.int32)
    return Examples(examples.texts, numbers[examples.labels], kept, examples.origins)


def wrong_labels(
    examples: Examples, errors: LabelErrors, contradictory: Collection[int]
) -> Iterator[tuple[int, float, str]]:
    """Yields index, score and suggested label of the texts whose label is probably wrong.

    Contradictory texts are left out: models that have seen the text with another label are no judges.
    """
    for place in np.setdiff1d(np.flatnonzero(errors.suspicious), list(contradictory)).tolist():
        yield place, float(errors.scores[place]), examples.label_names[errors.suggested[place]]


def contradictions(examples: Examples) -> Iterator[tuple[int, float, str]]:
    """Yields the texts that occur with another label; the most frequent label is suggested if there is one.

    It is also suggested for the texts that have it already.
    """
    places, labels = defaultdict[str, list[int]](list), [str(label) for label in examples.named_labels()]
    for place, text in enumerate(examples.texts):
        places[text_form(text)].append(place)
    for same in places.values():
        counts = Counter(labels[place] for place in same).most_common()
        if len(counts) > 1:
            (first, most), (_, next_most) = counts[:2]
            for place in same:
                yield place, 1.0, first if most > next_most else ""


def duplicates(pool: Pool, pairs: list[Pair]) -> Iterator[tuple[int, float, str]]:
    """Yields the texts of train that are nearly the same as an earlier one of train."""
    best: dict[int, Pair] = {}
    for pair in pairs:
        if pool.splits[pair.first] == pool.splits[pair.second] == "train":
            best[pair.second] = max(best.get(pair.second, pair), pair, key=lambda one: one.similarity)
    for place, pair in best.items():
        yield place, pair.similarity, ""


def leaks(pool: Pool, pairs: list[Pair]) -> Iterator[tuple[int, float]]:
    """Yields index and similarity of the texts of train that are nearly the same as one of valid or test."""
    same: dict[int, set[int]] = {}  # texts that are the same as the first of them, which alone is in other pairs
    for pair in pairs:
        if pair.similarity == 1:
            same.setdefault(pair.first, {pair.first}).add(pair.second)
    best: dict[int, float] = {}
    for pair in pairs:
        alike = same.get(pair.first, {pair.first}) | same.get(pair.second, {pair.second})
        training = {place for place in alike if pool.splits[place] == "train"}
        for place in training if len(training) < len(alike) else ():
            best[place] = max(best.get(place, 0.0), pair.similarity)
    yield from best.items()


def leak_worth(pool: Pool, answers: NgramAnswers, leaking: list[int]) -> tuple[float, float] | None:
    """Returns the accuracy on test of a model of train, and of train without the leaking texts."""
    train, test = pool.of_split("train"), pool.of_split("test")
    if not leaking or not len(test):
        return None
    return answers.accuracy(train, test), answers.accuracy(np.setdiff1d(train, leaking), test)


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
