"""Labels every row of CSV, TSV, JSON Lines and Parquet files, and writes any of these formats.

    python -m classifier.score model=outputs/train/<folder>/model input=mails.csv output=scored.csv
    python -m classifier.score model=models:/support@champion input='in/*.parquet' output=scored.jsonl.gz top_k=3
    zcat mails.csv.gz | python -m classifier.score model=outputs/train/<folder>/model input=- output=- format=csv

Every row of the input is a row of the output; a row that cannot be scored has an error message in the column `error`,
and if these are more than 10 % of all rows, the exit code is 1. After a crash, the same command resumes the work.
engine=spark computes on a cluster.
"""

import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.command_line.run import run_command
from classifier.leaving import run_and_leave
from classifier.progress import Stage
from classifier.settings import Engine, ScoreSettings
from classifier.tasks import Decision
from classifier.terminal import counted, say, show, warn

if TYPE_CHECKING:
    from classifier.scoring.plan import Plan
    from classifier.scoring.score_file import Classifier, Scored

ERRORS = 0.1  # share of rows with an error above which the exit code is 1
PIPE_CLOSED = 141  # exit code for a closed pipe, as in shells


def score(settings: ScoreSettings, _: Path) -> dict[str, Any]:
    """Scores the input, and returns the content of summary.json.

    Args:
        settings: settings of the command.

    Raises:
        UserError: if there is no such model, or a file is invalid.
    """
    from classifier.artifact.saved_model import model_sha256
    from classifier.scoring.plan import make_plan

    if settings.engine is Engine.spark:
        from classifier.scoring.spark import check_spark

        check_spark()
    folder, version = find(settings)
    settings = with_known_text(settings, folder)
    digest = model_sha256(folder)
    version = version or digest[:12]
    plan = make_plan(settings, digest, version, Decision.read(folder))
    done = run(settings, plan, folder, digest)
    print_results(settings, done)
    return {
        "model": str(folder),
        "model_version": version,
        "input": settings.input if plan.piped else [str(path) for path in plan.source.files],
        "output": settings.output,
        "engine": settings.engine.name,
        "status": "MANY_ERRORS" if many_errors(done.summary) else "FINISHED",
        **done.summary,
        "rows_before_restart": done.resumed_rows,
        "rows_per_second": round(done.rows_per_second, 1),
        "seconds_by_part": {part: round(seconds, 2) for part, seconds in done.seconds.items()},
    }


def with_known_text(settings: ScoreSettings, folder: Path) -> ScoreSettings:
    """Returns the settings with the text column of the model if none is named and the files have it."""
    from classifier.artifact.text_columns import with_text_columns

    if settings.text is not None or settings.input == "-":
        return settings
    data, notice = with_text_columns(settings.data, settings.input, folder)
    if notice:
        (warn if settings.output == "-" else say)(f"{notice} text= names another column.")
    return replace(settings, data=data)


def many_errors(summary: dict[str, Any]) -> bool:
    """Returns whether the share of rows with an error is so large that the input was probably misread."""
    return summary["errors"] > ERRORS * summary["rows"]


def find(settings: ScoreSettings) -> tuple[Path, str]:
    """Returns the folder of the SavedModel, and name and version of a registered model ("" for others)."""
    from classifier.tracking.models import numbered_version
    from classifier.tracking.named_models import model_folder

    version = numbered_version(settings.model, settings.tracking)
    return model_folder(f"models:/{version}" if version else settings.model, settings.tracking), version


def run(settings: ScoreSettings, plan: "Plan", folder: Path, digest: str) -> "Scored":
    """Executes the plan; exits quietly if the output pipe is closed."""
    from classifier.scoring.plan import shards_folder
    from classifier.scoring.score_file import score_files

    try:
        with ExitStack() as closing:
            return score_files(plan, lambda: load(settings, folder, digest, closing))
    except KeyboardInterrupt:
        if not plan.streams and shards_folder(Path(settings.output)).exists():
            warn("Finished work is kept: the same command continues it.")
        raise
    except BrokenPipeError:  # such as `| head`
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)
        sys.exit(PIPE_CLOSED)


def load(settings: ScoreSettings, folder: Path, digest: str, closing: ExitStack) -> "Classifier":
    """Loads the classifier locally or on Spark, whose session is ended by `closing`."""
    if settings.engine is Engine.spark:
        from classifier.scoring.spark import spark_classifier

        return closing.enter_context(spark_classifier(settings.spark_master, folder, digest))
    from classifier.start import cores, start_saved_models

    # One thread per batch: small operations gain nothing from more, and results do not depend on the number of cores.
    with Stage("Starting TensorFlow"):
        start_saved_models(branches=cores())
    from classifier.artifact.saved_model import SavedClassifier

    with Stage("Loading the model"):
        return SavedClassifier(folder, cores())


def print_results(settings: ScoreSettings, done: Any) -> None:
    """Prints the table of results; to standard error if the rows are written to standard output."""
    from classifier.scoring.totals import totals_table

    piped = settings.output == "-"
    line = warn if piped else say
    show(totals_table(done.summary), error=piped)
    for notice in done.notices:
        line(notice)
    errors = f", {done.summary['errors']:,} of them with an error" if done.summary["errors"] else ""
    earlier = f", {done.resumed_rows:,} of them before it was resumed" if done.resumed_rows else ""
    where = "standard output" if piped else settings.output
    line(f"{counted(done.summary['rows'], 'row')}{errors}{earlier}; {done.rows_per_second:,.0f} rows/s: {where}")
    if many_errors(done.summary):
        warn(
            f"Warning: more than {ERRORS:.0%} of the rows have an error (exit code 1); the output is written anyway. "
            f"The column {settings.prefix}error has the reasons. Are data.text, data.encoding, data.delimiter and "
            "data.quotes right?"
        )


def main() -> None:
    run_command("score", ScoreSettings, score)


if __name__ == "__main__":
    run_and_leave(main)
