"""Rows in, the same rows with a label out: in constant memory, each in its place, and a crash costs one shard."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from classifier.data.files import format_of
from classifier.serving.overlapped import overlapped
from classifier.serving.plan import Plan
from classifier.serving.predictions import Predictions
from classifier.serving.progress import Progress
from classifier.serving.shards import Shards
from classifier.serving.source import Survey, column_types, open_piped, own_words, passing_columns, survey
from classifier.serving.streams import open_stream
from classifier.serving.tables import Manner, Table, open_table
from classifier.serving.totals import Totals
from classifier.serving.windows import ArrowRows, Window, read_windows


class Classifier(Protocol):
    """What scores; `SavedClassifier` is one."""

    label_names: tuple[str, ...]

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, classes)."""
        ...


@dataclass(slots=True)
class Scored:
    """What was done, by this process and those before it."""

    summary: dict[str, Any] = field(default_factory=dict)  # see `Totals.summary`
    taken_up: int = 0  # rows that an earlier process had scored
    rows_per_second: float = 0.0  # of this process
    seconds: dict[str, float] = field(default_factory=dict)  # reading, waiting for answers, writing


def score_files(plan: Plan, load: Callable[[], Classifier]) -> Scored:
    """Scores every row of the input; a file that is written appears when it is complete.

    Args:
        plan: checked.
        load: gives the classifier; called only when the files, their columns and the output are known to be in order.

    Raises:
        UserError: where a file cannot be read or written, a column is missing, or two have the same name.
    """
    with own_words():
        return score_stream(plan, load) if plan.streams else score_in_shards(plan, load)


def score_stream(plan: Plan, load: Callable[[], Classifier]) -> Scored:
    """From standard input, or to standard output: all in one go."""
    done = Scored()
    with open_stream(plan.output) as stream:
        if plan.piped:
            known = None
            columns, rows = open_piped(plan.source, plan.piped)
        else:
            known = look_through(plan, None)
            columns, rows = passing_columns(plan.source, known), plan.rows()
        plan.predictions.refuse_collision(columns)
        classifier = load()
        names = classifier.label_names
        plan.predictions.check(columns, names)
        totals = Totals(len(names))
        typed = types_of(plan, columns, known)
        with (
            open_table(
                stream, plan.output, typed, plan.predictions.columns(names), manner_of(plan, columns, 0)
            ) as table,
            Progress("Scoring", known.rows if known else None) as progress,
        ):
            windows = read_windows(rows, plan.source.texts, plan.cut)
            write_all(table, scored(windows, classifier, done), plan.predictions, names, totals, progress, done)
            done.rows_per_second = progress.rate()
    done.summary = totals.summary(names)
    return done


def score_in_shards(plan: Plan, load: Callable[[], Classifier]) -> Scored:
    """From files to a file, in shards: the same command goes on where an earlier one broke off."""
    done = Scored()
    with Shards(Path(plan.output), plan.identity(), plan.overwrite) as shards:
        known = look_through(plan, shards)
        columns = passing_columns(plan.source, known)
        plan.predictions.refuse_collision(columns)
        typed = types_of(plan, columns, known)
        classifier = load()
        names = classifier.label_names
        plan.predictions.check(columns, names)
        totals = Totals(len(names))
        totals.add_json(shards.finished)
        done.taken_up = totals.rows
        if not shards.complete:
            write_shards(plan, shards, typed, classifier, totals, known.rows, done)
        shards.join()
    done.summary = totals.summary(names)
    return done


def write_shards(
    plan: Plan, shards: Shards, typed: dict[str, Any], classifier: Classifier, totals: Totals, rows: int, done: Scored
) -> None:
    """Scores and writes the shards that are not finished."""
    names, first = classifier.label_names, len(shards.finished)
    if first and totals.rows == rows:
        return
    windows = read_windows(plan.rows(done.taken_up), plan.source.texts, plan.cut, first)
    manner = manner_of(plan, list(typed), done.taken_up)
    with Progress("Scoring", rows, done.taken_up) as progress:
        answered = scored(windows, classifier, done)
        for place, group in groupby(answered, key=lambda pair: pair[0].shard):
            part, manner = Totals(len(names)), replace(manner, headed=place == 0)
            with (
                shards.new(place, part) as stream,
                open_table(stream, plan.output, typed, plan.predictions.columns(names), manner) as table,
            ):
                write_all(table, group, plan.predictions, names, part, progress, done)
            totals.add_json([part.as_json()])
        done.rows_per_second = progress.rate()


def look_through(plan: Plan, shards: Shards | None) -> Survey:
    """What only a look through the whole files tells, remembered with the shards."""
    if shards and (known := shards.manifest["survey"]):
        return Survey(**known)
    with Progress("Looking through the input") as progress:
        known = survey(plan.source, progress.advance)
    if shards:
        shards.remember(asdict(known))
    return known


def types_of(plan: Plan, columns: Sequence[str], known: Survey | None) -> dict[str, Any]:
    """The columns that pass through, with the Arrow type of each where Parquet is written."""
    if format_of(plan.output) != "parquet":
        return dict.fromkeys(columns)
    return column_types(plan.source, columns, known.kinds if known else {})


def manner_of(plan: Plan, columns: Sequence[str], skip: int) -> Manner:
    """How the output is written, in what the settings and the formats of the input decide."""
    arrow = ArrowRows(plan.source.files, columns, skip) if plan.untouched else None
    return Manner(plan.source.delimiter, own_keys=plan.source.columns is None, arrow=arrow)


def scored(windows: Iterable[Window], classifier: Classifier, done: Scored) -> Iterator[tuple[Window, np.ndarray]]:
    """Each window with its probabilities, (rows, classes), zeros in a row with an error."""

    def answer(window: Window) -> np.ndarray:
        good = [place for place, error in enumerate(window.errors) if not error]
        probabilities = np.zeros((len(window.texts), len(classifier.label_names)), np.float32)
        if good:
            probabilities[good] = classifier.probabilities([window.texts[place] for place in good])
        return probabilities

    return timed(overlapped(answer, timed(windows, done.seconds, "reading")), done.seconds, "waiting")


def timed(items: Iterable[Any], seconds: dict[str, float], what: str) -> Iterator[Any]:
    """The items; adds how long they let wait, less what was counted inside."""
    iterator, missing = iter(items), object()
    while True:
        began, inside = time.monotonic(), sum(seconds.values())
        item = next(iterator, missing)
        counted = sum(seconds.values()) - inside
        seconds[what] = seconds.get(what, 0.0) + time.monotonic() - began - counted
        if item is missing:
            return
        yield item


def write_all(
    table: Table,
    answered: Iterable[tuple[Window, np.ndarray]],
    predictions: Predictions,
    names: Sequence[str],
    totals: Totals,
    progress: Progress,
    done: Scored,
) -> None:
    """Writes windows with their answers."""
    for window, probabilities in answered:
        began = time.monotonic()
        table.write(window.values, predictions.values(probabilities, window.errors, names))
        totals.add(probabilities, window.errors)
        progress.advance(len(window.texts))
        done.seconds["writing"] = done.seconds.get("writing", 0.0) + time.monotonic() - began
