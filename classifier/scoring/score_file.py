"""Scores files in constant memory and in the order of the rows; a crash loses at most one shard."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from classifier.data.files import format_of
from classifier.progress import Stage
from classifier.scoring.overlapped import overlapped
from classifier.scoring.plan import Plan
from classifier.scoring.shards import Shards
from classifier.scoring.source import Survey, column_types, open_piped, passing_columns, survey
from classifier.scoring.streams import open_stream
from classifier.scoring.tables import Table, WriterOptions, open_table
from classifier.scoring.totals import Totals
from classifier.scoring.windows import ArrowRows, Window, read_windows

ScoredWindow = tuple[Window, np.ndarray]  # and its probabilities (rows, classes), zeros for a row with an error


class Classifier(Protocol):
    """Interface of a classifier, such as `SavedClassifier`."""

    label_names: tuple[str, ...]
    windows_ahead: int  # number of windows to compute in advance

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Returns probabilities of shape (texts, classes)."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """The result of this process and of earlier processes of the same job."""

    summary: dict[str, Any]  # see `Totals.summary`
    resumed_rows: int  # rows that earlier processes had scored
    rows_per_second: float  # of this process
    seconds: dict[str, float]  # time that this process spent reading, waiting for results and writing
    notices: list[str]  # notices for the user about the input


class Scoring:
    """Scores windows and writes them to a table; measures the time.

    Args:
        plan: the plan of the scoring.
        classifier: the classifier.
        columns: columns to copy, with their Arrow types if the output is Parquet.

    Raises:
        UserError: if a new column has the name of a copied column.
    """

    def __init__(self, plan: Plan, classifier: Classifier, columns: dict[str, Any]) -> None:
        plan.predictions.check(list(columns), classifier.label_names)
        self.plan, self.classifier, self.columns = plan, classifier, columns
        self.names = classifier.label_names
        self.added = plan.predictions.columns(self.names)
        self.seconds = {"reading": 0.0, "waiting": 0.0, "writing": 0.0}

    def scored(self, windows: Iterable[Window]) -> Iterator[ScoredWindow]:
        """Yields each window with its probabilities; several windows are computed in advance."""
        return self.timed(
            overlapped(self.score, self.timed(windows, "reading"), self.classifier.windows_ahead), "waiting"
        )

    def score(self, window: Window) -> np.ndarray:
        """Returns the probabilities of shape (rows, classes)."""
        good = [place for place, error in enumerate(window.errors) if not error]
        probabilities = np.zeros((len(window.texts), len(self.names)), np.float32)
        if good:
            probabilities[good] = self.classifier.probabilities([window.texts[place] for place in good])
        return probabilities

    def timed(self, items: Iterable[Any], what: str) -> Iterator[Any]:
        """Yields the items and measures the time spent waiting for them, without time that is measured inside."""
        iterator, end = iter(items), object()
        item = None
        while item is not end:
            began, inside = time.monotonic(), sum(self.seconds.values())
            item = next(iterator, end)
            self.seconds[what] += time.monotonic() - began - (sum(self.seconds.values()) - inside)
            if item is not end:
                yield item

    def write(self, table: Table, scored: Iterable[ScoredWindow], totals: Totals, stage: Stage) -> None:
        """Writes windows with their predictions, and counts them."""
        for window, probabilities in scored:
            began = time.monotonic()
            table.write(window.values, self.plan.predictions.values(probabilities, window.errors, self.names))
            totals.add(probabilities, window.errors)
            stage.advance(len(window.texts))
            self.seconds["writing"] += time.monotonic() - began

    def writer_options(self, skip: int) -> WriterOptions:
        """Returns the options of writing that depend on the settings and the formats of the input."""
        source = self.plan.source
        arrow = ArrowRows(source.files, list(self.columns), skip) if self.plan.untouched else None
        return WriterOptions(source.reading.delimiter, own_keys=source.columns is None, arrow=arrow)


def score_files(plan: Plan, load: Callable[[], Classifier]) -> Scored:
    """Scores every row of the input; an output file appears once it is complete.

    Args:
        plan: the checked plan.
        load: loads the classifier; called after the files, their columns and the output have been checked.

    Raises:
        UserError: if a file cannot be read or written, a column is missing, or two columns have the same name.
    """
    return score_stream(plan, load) if plan.streams else score_in_shards(plan, load)


def score_stream(plan: Plan, load: Callable[[], Classifier]) -> Scored:
    """Scores from standard input, or to standard output; this cannot be resumed."""
    with open_stream(plan.output) as stream:
        known = None if plan.piped else look_through(plan, None)
        notices = known.notices if known else []
        names, rows = open_piped(plan.source, plan.piped, notices) if plan.piped else ([], plan.rows())
        columns = typed(plan, passing_columns(plan.source, known) if known else names, known)
        plan.predictions.refuse_collision(list(columns))
        scoring = Scoring(plan, load(), columns)
        totals = Totals(len(scoring.names), plan.predictions.decision)
        with (
            open_table(stream, plan.output, columns, scoring.added, scoring.writer_options(0)) as table,
            Stage("Scoring", known.rows if known else None, "rows") as stage,
        ):
            windows = read_windows(rows, plan.source.texts, plan.cut)
            scoring.write(table, scoring.scored(windows), totals, stage)
        return Scored(totals.summary(scoring.names), 0, stage.rate(), scoring.seconds, notices)


def score_in_shards(plan: Plan, load: Callable[[], Classifier]) -> Scored:
    """Scores files to a file in shards: the same command resumes interrupted work."""
    with Shards(Path(plan.output), plan.identity(), plan.overwrite) as shards:
        known = look_through(plan, shards)
        columns = typed(plan, passing_columns(plan.source, known), known)
        plan.predictions.refuse_collision(list(columns))
        scoring = Scoring(plan, load(), columns)
        totals = Totals(len(scoring.names), plan.predictions.decision)
        totals.add_json(shards.finished)
        resumed_rows = totals.rows
        with Stage("Scoring", known.rows, "rows", resumed_rows) as stage:
            if not shards.finished or resumed_rows < known.rows:
                write_shards(scoring, shards, totals, stage)
        shards.join()
        return Scored(totals.summary(scoring.names), resumed_rows, stage.rate(), scoring.seconds, known.notices)


def write_shards(scoring: Scoring, shards: Shards, totals: Totals, stage: Stage) -> None:
    """Scores and writes the shards that are not finished."""
    plan, skip = scoring.plan, totals.rows
    options = scoring.writer_options(skip)
    windows = read_windows(plan.rows(skip), plan.source.texts, plan.cut, len(shards.finished))
    for place, group in groupby(scoring.scored(windows), key=lambda scored: scored[0].shard):
        part, options = Totals(len(scoring.names), plan.predictions.decision), replace(options, header=place == 0)
        with (
            shards.new(place, part) as stream,
            open_table(stream, plan.output, scoring.columns, scoring.added, options) as table,
        ):
            scoring.write(table, group, part, stage)
        totals.add_json([part.as_json()])


def look_through(plan: Plan, shards: Shards | None) -> Survey:
    """Returns the survey of the complete input, which is saved with the shards."""
    if shards and (remembered := shards.manifest["survey"]):
        return Survey(**remembered)
    with Stage("Looking through the input", unit="rows") as stage:
        known = survey(plan.source, stage.advance)
    if plan.cut.refuse:  # before hours are spent on scoring
        with Stage("Looking for errors", known.rows, "rows") as stage:
            for window in read_windows(plan.rows(), plan.source.texts, plan.cut):
                stage.advance(len(window.texts))
    if shards:
        shards.remember(asdict(known))
    return known


def typed(plan: Plan, columns: Sequence[str], known: Survey | None) -> dict[str, Any]:
    """Returns the columns to copy, with their Arrow types if the output is Parquet."""
    if format_of(plan.output) != "parquet":
        return dict.fromkeys(columns)
    return column_types(plan.source, columns, known.kinds if known else {})
