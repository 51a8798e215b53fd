"""Files of texts in, one file with a label for each row out; in constant memory, every row kept in its place."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from classifier.data.delimited import separator
from classifier.data.fields import text_columns
from classifier.data.files import find_files, format_of
from classifier.errors import UserError
from classifier.serving.inputs import ArrowRows, Chunk, Source, Survey, check_headers, own_words, read_chunks, survey
from classifier.serving.new_file import check_output, new_file
from classifier.serving.predictions import Predictions
from classifier.serving.progress import Progress
from classifier.serving.tables import Manner, Table, open_table
from classifier.settings import ScoreSettings


class Classifier(Protocol):
    """What scores; `SavedClassifier` is one."""

    label_names: tuple[str, ...]

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, classes)."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """What was done."""

    files: list[Path]
    output: Path
    rows: int
    bad_rows: int
    rows_per_second: float


def score_files(settings: ScoreSettings, load: Callable[[], Classifier]) -> Scored:
    """Scores every row of the input; the output appears when it is complete.

    Args:
        settings: of the command.
        load: gives the classifier; called only when the files, their columns and the output are known to be in order.

    Raises:
        UserError: where a file cannot be read or written, a column is missing, or two have the same name.
    """
    with own_words():
        source, output, predictions = plan(settings)
        with new_file(output) as stream:
            known = look_through(source, output, predictions)
            classifier = load()
            predictions.refuse_too_many_ranks(classifier.label_names)
            predictions.refuse_collision(known.columns, classifier.label_names)
            columns, added = known.types, predictions.columns(classifier.label_names)
            manner = manner_of(source, output, known.columns)
            with (
                open_table(stream, output, columns, added, manner) as table,
                Progress("Scoring", known.rows) as progress,
            ):
                chunks = read_chunks(source, wanted_columns(source, manner), settings.chunk_rows)
                bad_rows = score_chunks(chunks, classifier, predictions, table, progress)
                rate = progress.rate()
        return Scored(source.files, output, progress.rows, bad_rows, rate)


def plan(settings: ScoreSettings) -> tuple[Source, Path, Predictions]:
    """Checks all that can be known from the settings and the beginnings of the files."""
    for key, value, least in (("top_k", settings.top_k, 0), ("chunk_rows", settings.chunk_rows, 1)):
        if value < least:
            raise UserError(f"{key}={value} must be at least {least}.")
    files, output = find_files(settings.input), Path(settings.output).expanduser()
    check_output(output, files)
    separator(settings.delimiter, "csv")
    columns = None if settings.columns is None else list(dict.fromkeys(column_names(settings.columns)))
    source = Source(files, text_columns(settings.text), columns, settings.encoding, settings.delimiter)
    predictions = Predictions(settings.probabilities, settings.top_k, settings.prefix)
    predictions.refuse_collision(check_headers(source))
    return source, output, predictions


def column_names(columns: Any) -> list[str]:
    """`columns` as a list, which may also be one name; UserError where it is neither."""
    names = [columns] if isinstance(columns, str) else columns
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise UserError(f"columns={columns!r}: give a list of names, such as columns=[id,text].")
    return list(names)


def look_through(source: Source, output: Path, predictions: Predictions) -> Survey:
    """What only a look through the whole files tells."""
    with Progress("Looking through the input") as progress:
        known = survey(source, format_of(output) == "parquet", progress.advance)
    predictions.refuse_collision(known.columns)
    return known


def manner_of(source: Source, output: Path, columns: Sequence[str]) -> Manner:
    """How the output is written, in what the settings and the formats of the input decide."""
    untouched = format_of(output) == "parquet" and source.formats() == {"parquet"}
    arrow = ArrowRows(source.files, columns) if untouched else None
    return Manner(source.delimiter, own_keys=source.columns is None, arrow=arrow)


def wanted_columns(source: Source, manner: Manner) -> list[str] | None:
    """What is read row by row of Parquet files; None: everything."""
    if manner.arrow is not None:
        return source.texts
    return None if source.columns is None else list(dict.fromkeys([*source.columns, *source.texts]))


def score_chunks(
    chunks: Iterable[Chunk], classifier: Classifier, predictions: Predictions, table: Table, progress: Progress
) -> int:
    """Scores and writes one chunk after the other; returns how many rows have a problem."""
    bad_rows = 0
    for chunk in chunks:
        good = [place for place, problem in enumerate(chunk.problems) if not problem]
        probabilities = np.zeros((len(chunk.texts), len(classifier.label_names)), np.float32)
        if good:
            probabilities[good] = classifier.probabilities([chunk.texts[place] for place in good])
        table.write(chunk.values, predictions.values(probabilities, chunk.problems, classifier.label_names))
        bad_rows += len(chunk.texts) - len(good)
        progress.advance(len(chunk.texts))
    return bad_rows
