"""Rows in, the same rows with a label out: in constant memory, each in its place, and a crash costs one shard."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from classifier.data.files import format_of
from classifier.progress import Progress
from classifier.scoring.overlapped import overlapped
from classifier.scoring.plan import Plan
from classifier.scoring.shards import Shards
from classifier.scoring.source import Survey, column_types, open_piped, passing_columns, survey
from classifier.scoring.streams import open_stream
from classifier.scoring.tables import Table, WriterOptions, open_table
from classifier.scoring.totals import Totals
from classifier.scoring.windows import ArrowRows, Window, read_windows

Answered = tuple[Window, np.ndarray]  # with the probabilities (rows, classes), zeros in a row with an error


class Classifier(Protocol):
    """What scores; `SavedClassifier` is one."""

    label_names: tuple[str, ...]
    windows_ahead: int  # how many it takes at once

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, classes)."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """What was done, by this process and those before it."""

    summary: dict[str, Any]  # see `Totals.summary`
    taken_up: int  # rows that an earlier process had scored
    rows_per_second: float  # of this process
    seconds: dict[str, float]  # of this process: reading, waiting for answers, writing
    notices: list[str]  # what a person should know of how the input was read


class Scoring:
    """Windows to answers to rows of a table; keeps the time.

    Args:
        plan: what is scored.
        classifier: scores.
        columns: that pass through, with the Arrow type of each where Parquet is written.

    Raises:
        UserError: where a new column has the name of one that passes through.
    """

    def __init__(self, plan: Plan, classifier: Classifier, columns: dict[str, Any]) -> None:
        plan.predictions.check(list(columns), classifier.label_names)
        self.plan, self.classifier, self.columns = plan, classifier, columns
        self.names = classifier.label_names
        self.added = plan.predictions.columns(self.names)
        self.seconds = {"reading": 0.0, "waiting": 0.0, "writing": 0.0}

    def answered(self, windows: Iterable[Window]) -> Iterator[Answered]:
        """Each window with its probabilities; some are computed ahead."""
        return self.timed(
            overlapped(self.answer, self.timed(windows, "reading"), self.classifier.windows_ahead), "waiting"
        )

    def answer(self, window: Window) -> np.ndarray:
        """Probabilities (rows, classes)."""
        good = [place for place, error in enumerate(window.errors) if not error]
        probabilities = np.zeros((len(window.texts), len(self.names)), np.float32)
        if good:
            probabilities[good] = self.classifier.probabilities([window.texts[place] for place in good])
        return probabilities

    def timed(self, items: Iterable[Any], what: str) -> Iterator[Any]:
        """The items; counts how long they let wait, less what is counted inside."""
        iterator, end = iter(items), object()
        item = None
        while item is not end:
            began, inside = time.monotonic(), sum(self.seconds.values())
            item = next(iterator, end)
            self.seconds[what] += time.monotonic() - began - (sum(self.seconds.values()) - inside)
            if item is not end:
                yield item

    def write(self, table: Table, answered: Iterable[Answered], totals: Totals, progress: Progress) -> None:
        """Writes windows with their answers, and counts them."""
        for window, probabilities in answered:
            began = time.monotonic()
            table.write(window.values, self.plan.predictions.values(probabilities, window.errors, self.names))
            totals.add(probabilities, window.errors)
            progress.advance(len(window.texts))
            self.seconds["writing"] += time.monotonic() - began

    def manner(self, skip: int) -> WriterOptions:
        """How tables are written, in what the settings and the formats of the input decide."""
        source = self.plan.source
        arrow = ArrowRows(source.files, list(self.columns), skip) if self.plan.untouched else None
        return WriterOptions(source.reading.delimiter, own_keys=source.columns is None, arrow=arrow)


def score_files(plan: Plan, load: Callable[[], Classifier]) -> Scored:
    """Scores every row of the input; a file that is written appears when it is complete.

    Args:
        plan: checked.
        load: gives the classifier; called only when the files, their columns and the output are known to be in order.

    Raises:
        UserError: where a file cannot be read or written, a column is missing, or two have the same name.
    """
    return score_stream(plan, load) if plan.streams else score_in_shards(plan, load)


def score_stream(plan: Plan, load: Callable[[], Classifier]) -> Scored:
    """From standard input, or to standard output: all in one go."""
    with open_stream(plan.output) as stream:
        known = None if plan.piped else look_through(plan, None)
        notices = known.notices if known else []
        names, rows = open_piped(plan.source, plan.piped, notices) if plan.piped else ([], plan.rows())
        columns = typed(plan, passing_columns(plan.source, known) if known else names, known)
        plan.predictions.refuse_collision(list(columns))
        scoring = Scoring(plan, load(), columns)
        totals = Totals(len(scoring.names))
        with (
            open_table(stream, plan.output, columns, scoring.added, scoring.manner(0)) as table,
            Progress("Scoring", known.rows if known else None) as progress,
        ):
            windows = read_windows(rows, plan.source.texts, plan.cut)
            scoring.write(table, scoring.answered(windows), totals, progress)
        return Scored(totals.summary(scoring.names), 0, progress.rate(), scoring.seconds, notices)


def score_in_shards(plan: Plan, load: Callable[[], Classifier]) -> Scored:
    """From files to a file, in shards: the same command goes on where an earlier one broke off."""
    with Shards(Path(plan.output), plan.identity(), plan.overwrite) as shards:
        known = look_through(plan, shards)
        columns = typed(plan, passing_columns(plan.source, known), known)
        plan.predictions.refuse_collision(list(columns))
        scoring = Scoring(plan, load(), columns)
        totals = Totals(len(scoring.names))
        totals.add_json(shards.finished)
        taken_up = totals.rows
        with Progress("Scoring", known.rows, taken_up) as progress:
            if not shards.finished or taken_up < known.rows:
                write_shards(scoring, shards, totals, progress)
        shards.join()
        return Scored(totals.summary(scoring.names), taken_up, progress.rate(), scoring.seconds, known.notices)


def write_shards(scoring: Scoring, shards: Shards, totals: Totals, progress: Progress) -> None:
    """Scores and writes the shards that are not finished."""
    plan, skip = scoring.plan, totals.rows
    manner = scoring.manner(skip)
    windows = read_windows(plan.rows(skip), plan.source.texts, plan.cut, len(shards.finished))
    for place, group in groupby(scoring.answered(windows), key=lambda answered: answered[0].shard):
        part, manner = Totals(len(scoring.names)), replace(manner, headed=place == 0)
        with (
            shards.new(place, part) as stream,
            open_table(stream, plan.output, scoring.columns, scoring.added, manner) as table,
        ):
            scoring.write(table, group, part, progress)
        totals.add_json([part.as_json()])


def look_through(plan: Plan, shards: Shards | None) -> Survey:
    """What only a look through the whole files tells; shards remember it."""
    if shards and (remembered := shards.manifest["survey"]):
        return Survey(**remembered)
    with Progress("Looking through the input") as progress:
        known = survey(plan.source, progress.advance)
    if plan.cut.refuse:  # now, and not hours later
        with Progress("Looking for errors", known.rows) as progress:
            for window in read_windows(plan.rows(), plan.source.texts, plan.cut):
                progress.advance(len(window.texts))
    if shards:
        shards.remember(asdict(known))
    return known


def typed(plan: Plan, columns: Sequence[str], known: Survey | None) -> dict[str, Any]:
    """The columns that pass through, with the Arrow type of each where Parquet is written."""
    if format_of(plan.output) != "parquet":
        return dict.fromkeys(columns)
    return column_types(plan.source, columns, known.kinds if known else {})
