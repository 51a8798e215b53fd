"""Labels every row: CSV, TSV, JSON Lines or Parquet in, any of them out.

    python -m classifier.score model=outputs/train/<folder>/model input=mails.csv output=scored.csv
    python -m classifier.score model=models:/support@champion input='in/*.parquet' output=scored.jsonl.gz top_k=3
    zcat mails.csv.gz | python -m classifier.score model=outputs/train/<folder>/model input=- output=- format=csv

Every row of the input is a row of the output; one that cannot be scored says why in the column `error`. After a crash
the same command goes on where it stopped. engine=spark computes on a cluster.
"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from classifier.command_line import run_command
from classifier.settings import Engine, ScoreSettings

PIPE_CLOSED = 141  # exit code of a command that writes to a pipe nobody reads, as shells have it


def score(settings: ScoreSettings, _: Path) -> dict[str, Any]:
    """Scores the input; returns what goes into summary.json.

    Args:
        settings: of the command.

    Raises:
        UserError: where there is no such model, or a file is not as it should be.
    """
    from classifier.serving.plan import make_plan, shards_folder
    from classifier.serving.saved_model import local_folder, model_sha256
    from classifier.serving.score_file import score_files

    if settings.engine is Engine.spark:
        from classifier.serving.spark import check_spark

        check_spark()
    folder, version = local_folder(settings.model), ""
    if folder is None:
        from classifier.tracking.models import find_model, numbered_version

        version = numbered_version(settings.model, settings.tracking)
        folder = find_model(f"models:/{version}" if version else settings.model, settings.tracking)
    digest = model_sha256(folder)
    version = version or digest[:12]
    plan = make_plan(settings, digest, version)
    closing = ExitStack()

    def load():
        if settings.engine is Engine.spark:
            from classifier.serving.spark import spark_classifier

            return closing.enter_context(spark_classifier(settings.spark_master, folder, digest))
        from classifier.start import cores, start_tensorflow

        # Every batch is one thread's: small operations gain nothing from more, and the bits do not depend on the cores.
        start_tensorflow(branches=cores())
        from classifier.serving.saved_model import SavedClassifier

        return SavedClassifier(folder, cores())

    try:
        with closing:
            done = score_files(plan, load)
    except KeyboardInterrupt:
        if not plan.streams and shards_folder(Path(settings.output)).exists():
            print("What is finished is kept: the same command goes on from there.", file=sys.stderr)
        raise
    except BrokenPipeError:  # `| head` has seen enough
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        sys.exit(PIPE_CLOSED)
    tell(settings, done)
    return {
        "model": str(folder),
        "model_version": version,
        "input": settings.input if plan.piped else [str(path) for path in plan.source.files],
        "output": settings.output,
        "engine": settings.engine.name,
        **done.summary,
        "rows_before_restart": done.taken_up,
        "rows_per_second": round(done.rows_per_second, 1),
        "seconds_by_part": {part: round(seconds, 2) for part, seconds in done.seconds.items()},
    }


def tell(settings: ScoreSettings, done: Any) -> None:
    """The table of results; on standard error where standard output holds the rows."""
    from rich.console import Console

    from classifier.serving.totals import totals_table

    console = Console(stderr=settings.output == "-", highlight=False, soft_wrap=True)
    console.print(totals_table(done.summary))
    errors = f", {done.summary['errors']:,} of them with an error" if done.summary["errors"] else ""
    earlier = f", {done.taken_up:,} of them before it was taken up again" if done.taken_up else ""
    where = "standard output" if settings.output == "-" else settings.output
    console.print(
        f"{done.summary['rows']:,} rows{errors}{earlier}; {done.rows_per_second:,.0f} rows/s: {where}", markup=False
    )


if __name__ == "__main__":
    run_command("score", ScoreSettings, score)
