"""The plan of a scoring: input, output and options, checked as far as possible before any file is read completely."""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from classifier.data.delimited import separator
from classifier.data.files import READ_ONLY, Piped, find_files, format_of
from classifier.data.row import Row
from classifier.errors import UserError
from classifier.scoring.predictions import Predictions
from classifier.scoring.source import Source, check_headers
from classifier.scoring.windows import ChunkSizes
from classifier.settings import OnError, Reading, ScoreSettings, as_typed
from classifier.tasks import NO_DECISION, Decision

PIPE = "-"  # standard input or output


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked plan of a scoring."""

    model: str  # SHA-256 of the model
    source: Source
    piped: Piped | None  # standard input, if rows are read from it; the source has no files in this case
    output: Path | Piped
    predictions: Predictions
    cut: ChunkSizes
    overwrite: bool

    @property
    def streams(self) -> bool:
        """Whether rows are streamed, so that the scoring cannot be resumed."""
        return self.piped is not None or isinstance(self.output, Piped)

    @property
    def untouched(self) -> bool:
        """Whether columns are copied from Parquet to Parquet without conversion."""
        return format_of(self.output) == "parquet" and self.source.formats() == {"parquet"}

    def rows(self, skip: int = 0) -> Iterator[tuple[str, Row]]:
        """Yields the rows of the files after the first `skip` rows, with the necessary columns."""
        source, wanted = self.source, None
        if self.untouched:
            wanted = source.texts
        elif source.columns is not None:
            wanted = list(dict.fromkeys([*source.columns, *source.texts]))
        rows = source.rows(wanted)
        for _ in range(skip):
            next(rows)
        return rows

    def identity(self) -> dict[str, Any]:
        """Returns everything that affects the output, under the names of the settings."""
        source, predictions = self.source, self.predictions
        return {
            "model": self.model,
            "input": source.identity(),
            "text": source.texts,
            "columns": source.columns,
            **{key: as_typed(value) for key, value in asdict(source.reading).items() if key != "text"},
            "probabilities": predictions.probabilities,
            "top_k": predictions.top_k,
            "prefix": predictions.prefix,
            "model_version": predictions.version,
            "window_rows": self.cut.window_rows,
            "shard_rows": self.cut.shard_rows,
        }


def make_plan(settings: ScoreSettings, model: str, version: str, decision: Decision = NO_DECISION) -> Plan:
    """Creates the plan from the settings.

    Args:
        settings: settings of the command.
        model: SHA-256 of the model.
        version: version of the model.
        decision: decision of the model.

    Raises:
        UserError: if a file, a column or the output is invalid.
    """
    least = {"top_k": (settings.top_k, 0), "window_rows": (settings.window_rows, 1)}
    for key, (value, minimum) in {**least, "shard_rows": (settings.shard_rows, 1)}.items():
        if value < minimum:
            raise UserError(f"{key}={value} must be at least {minimum}.")
    for key, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if getattr(settings, key) == PIPE and stream is None:
            raise UserError(f"{key}=-: standard {key} is closed. Name a file.")
    reading = chosen_reading(settings)
    separator(reading.delimiter, "csv")
    piped = Piped("standard input", checked_format(settings.format)) if settings.input == PIPE else None
    files = [] if piped else find_files(settings.input)
    output = checked_output(settings, files)
    if isinstance(output, Path):  # a pattern such as folder/**/*.csv also matches finished shards
        files = [path for path in files if shards_folder(output) not in path.resolve().parents]
    if not piped and not files:
        raise UserError(f"input={settings.input} finds nothing but the finished shards of {output}.")
    if piped:
        check_pipe(piped, output)
    columns = None if settings.columns is None else list(dict.fromkeys(column_names(settings.columns)))
    source = Source(files, reading, columns)
    predictions = Predictions(settings.probabilities, settings.top_k, settings.prefix, version, decision)
    predictions.refuse_collision(check_headers(source))
    cut = ChunkSizes(settings.window_rows, settings.shard_rows, settings.on_error is OnError.fail)
    return Plan(model, source, piped, output, predictions, cut, settings.overwrite)


def chosen_reading(settings: ScoreSettings) -> Reading:
    """Returns how to read the input; raises UserError if text= and data.text= name different columns."""
    if settings.text is None:
        return settings.data
    if settings.data.text not in (Reading.text, settings.text):
        raise UserError(f"text={settings.text} is short for data.text={settings.data.text}: give only one of them.")
    return replace(settings.data, text=settings.text)


def checked_format(ending: str) -> str:
    """Returns the extension without a leading dot; raises UserError if the format is unknown."""
    try:
        format_of(f"x.{ending.removeprefix('.')}")
    except UserError:
        raise UserError(
            f"format={ending}: say what goes through the pipe, as a file's ending: csv, tsv, jsonl, or txt for what is "
            "read, each also with .gz or .zst after it, or parquet for what is written."
        ) from None
    return ending.removeprefix(".")


def check_pipe(piped: Piped, output: Path | Piped) -> None:
    """Raises UserError if rows from standard input cannot be streamed to this output."""
    if (kind := format_of(piped)) in ("parquet", "xlsx"):
        name = {"parquet": "Parquet", "xlsx": "XLSX"}[kind]
        raise UserError(
            f"format={kind}: {name} cannot be read from standard input, because it is read from its end. Name the file "
            "with input=, or send csv, tsv, jsonl or txt."
        )
    if format_of(piped) == "json" and format_of(output) != "json":
        raise UserError(
            f"{output}: JSON Lines from standard input can only be written as JSON Lines, because the columns are only "
            "known at the end. Name an output that ends in .jsonl, or read from a file."
        )


def checked_output(settings: ScoreSettings, inputs: list[Path]) -> Path | Piped:
    """Returns the output; raises UserError if it cannot be written."""
    if settings.output == PIPE:
        kind = format_of(f"x.{checked_format(settings.format)}")
        return Piped("standard output", "csv" if kind in READ_ONLY else checked_format(settings.format))
    if not settings.output:
        raise UserError("output= names no file: give the path of the file to write, or - for standard output.")
    path = Path(settings.output).expanduser()
    if (kind := format_of(path)) in READ_ONLY:
        raise UserError(f"output={path}: {READ_ONLY[kind]} is only read. Name an output such as {path.stem}.csv.")
    if path.is_dir():
        raise UserError(f"output={path} is a folder: name a file in it.")
    if not path.parent.is_dir():
        raise UserError(f"output={path}: there is no folder {path.parent}. Make it, or name another.")
    if not os.access(path.resolve().parent, os.W_OK | os.X_OK):
        raise UserError(f"output={path}: you may not write in the folder {path.resolve().parent}. Name another.")
    for file in inputs:
        if path.exists() and path.samefile(file):
            raise UserError(f"output={path} is also an input. Name another file; inputs are never written to.")
    if path.exists() and not settings.overwrite and (settings.input == PIPE or not shards_folder(path).exists()):
        raise exists_already(path)
    return path


def shards_folder(output: Path) -> Path:
    """Returns the folder of the shards until the output is complete; for a link, it is next to the linked file."""
    return output.resolve().with_name(f"{output.resolve().name}.shards")


def exists_already(output: Path) -> UserError:
    return UserError(f"output={output} exists already. Name another file, or replace it with overwrite=true.")


def column_names(columns: Any) -> list[str]:
    """Returns `columns`, a list or a single name, as a list; raises UserError for any other value."""
    names = [columns] if isinstance(columns, str) else columns
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise UserError(f"columns={columns!r}: give a list of names, such as columns=[id,text].")
    return list(names)
